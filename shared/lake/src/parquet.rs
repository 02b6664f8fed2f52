//! DataFrames as Parquet bytes and back.

use std::io::Cursor;

use polars::error::PolarsResult;
use polars::prelude::DataFrame;
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;
use polars_io::parquet::write::{KeyValueMetadata, ParquetCompression, ParquetWriter};

use crate::{LakeError, Result};

/// Writes rows as one Parquet file.
pub fn to_parquet(frame: &mut DataFrame) -> Result<Vec<u8>> {
    to_parquet_with(frame, None)
}

/// Writes rows as one Parquet file with an entry in the file's own metadata: its name and its value.
pub(crate) fn to_parquet_with(frame: &mut DataFrame, said: Option<(&str, String)>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let said = said.map(|(name, value)| KeyValueMetadata::from_static(vec![(name.to_owned(), value)]));
    let writer = ParquetWriter::new(&mut bytes)
        .with_compression(ParquetCompression::Zstd(None))
        .with_key_value_metadata(said);
    writer.finish(frame).map_err(LakeError::Encode)?;
    Ok(bytes)
}

/// Reads a Parquet file, or only some of its columns. `key` names the object in an error.
pub fn from_parquet(key: &str, bytes: Vec<u8>, columns: Option<&[String]>) -> Result<DataFrame> {
    let read = || -> PolarsResult<DataFrame> {
        ParquetReader::new(Cursor::new(bytes)).with_columns(columns.map(<[String]>::to_vec)).finish()
    };
    read().map_err(|error| LakeError::Corrupt {
        key: key.to_owned(),
        expected: "Parquet",
        reason: error.to_string(),
    })
}
