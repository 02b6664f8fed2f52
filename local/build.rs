//! Writes down the files of the built dashboard, so that the program holds them. Where the dashboard is not
//! built, the program holds none, and says so to whoever asks for it.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let frontend = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../frontend");
    let dist = frontend.join("dist");
    // Cargo would run this every time for a folder that is not there.
    let watched = if dist.is_dir() { &dist } else { &frontend };
    println!("cargo::rerun-if-changed={}", watched.display());
    println!("cargo::rerun-if-changed=build.rs");

    let mut files = files_under(&dist)?;
    files.sort();
    let line = |file: &PathBuf| -> Result<String, Box<dyn Error>> {
        let name = file.strip_prefix(&dist)?.to_str().ok_or("the page has a file whose name is no UTF-8")?;
        Ok(format!("({:?}, include_bytes!({:?}))", name.replace('\\', "/"), file.display().to_string()))
    };
    let list = files.iter().map(line).collect::<Result<Vec<_>, _>>()?.join(",\n    ");
    let list = format!("&[\n    {list}\n]\n");
    Ok(fs::write(Path::new(&env::var("OUT_DIR")?).join("page.rs"), list)?)
}

/// All files in a folder and its folders. None in a folder that is not there.
fn files_under(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_under(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}
