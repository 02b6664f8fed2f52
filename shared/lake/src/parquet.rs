//! DataFrames as Parquet bytes and back.

use std::io::Cursor;

use polars::error::{PolarsError, PolarsResult};
use polars::prelude::DataFrame;
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;
use polars_io::parquet::write::{KeyValueMetadata, ParquetCompression, ParquetWriter};

use crate::{LakeError, Result};

/// Writes rows as one Parquet file.
pub fn to_parquet(frame: &mut DataFrame) -> Result<Vec<u8>> {
    to_parquet_with(frame, Vec::new())
}

/// Writes rows as one Parquet file with entries in the file's own metadata: their names and values.
pub(crate) fn to_parquet_with(frame: &mut DataFrame, said: Vec<(String, String)>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let said = (!said.is_empty()).then(|| KeyValueMetadata::from_static(said));
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
    read().map_err(|error| corrupt(key, &error))
}

/// Reads a Parquet file, or only those of some columns that it has, and the entry `name` of its own metadata.
pub(crate) fn from_parquet_with(
    key: &str,
    bytes: Vec<u8>,
    columns: Option<&[String]>,
    name: &str,
) -> Result<(DataFrame, Option<String>)> {
    let read = || -> PolarsResult<_> {
        let mut reader = ParquetReader::new(Cursor::new(bytes));
        let (schema, metadata) = (reader.schema()?, reader.get_metadata()?);
        let entries = metadata.key_value_metadata().iter().flatten();
        let said = entries.filter(|entry| entry.key == name).find_map(|entry| entry.value.clone());
        let there =
            columns.map(|columns| columns.iter().filter(|name| schema.contains(name)).cloned().collect());
        Ok((reader.with_columns(there).finish()?, said))
    };
    read().map_err(|error| corrupt(key, &error))
}

pub(crate) fn corrupt(key: &str, error: &PolarsError) -> LakeError {
    LakeError::Corrupt { key: key.to_owned(), expected: "Parquet", reason: error.to_string() }
}
