//! The dashboard: compiled to WebAssembly, bound to JavaScript, made small, and laid into frontend/dist with
//! its static files.
//!
//! Cargo finds out what changed in the code. The steps after it are skipped while the compiled module and the
//! static files are those of the last time.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::command::{cargo, show, step, succeeds};
use crate::{place, setup};

/// Sets up and builds the page, and prints the sizes of its files.
pub(crate) fn build() -> Result<()> {
    setup::disk_space("xtask")?;
    setup::rust()?;
    assemble(&compile()?)?;
    for file in files_under(&place::root().join("frontend/dist"))? {
        println!(
            "    {:>9} bytes  {}",
            fs::metadata(&file)?.len(),
            file.strip_prefix(place::root())?.display()
        );
    }
    Ok(())
}

/// Builds the page unless it is up to date already.
pub(crate) fn build_if_changed() -> Result<()> {
    let module = compile()?;
    let dist = place::root().join("frontend/dist");
    let stamp = place::target().join("page.stamp");
    let current = fingerprint(&module)?;
    if dist.is_dir() && fs::read_to_string(&stamp).is_ok_and(|last| last == current) {
        return Ok(());
    }
    assemble(&module)?;
    Ok(fs::write(&stamp, current)?)
}

fn compile() -> Result<PathBuf> {
    step("Compiling the dashboard", || {
        show(cargo(&[
            "build",
            "--package",
            "frontend",
            "--target",
            setup::WASM,
            "--profile",
            "wasm",
            "--locked",
        ]))
    })?;
    Ok(place::target().join(setup::WASM).join("wasm").join("frontend.wasm"))
}

/// Puts the page together in another folder and then copies it to its place, so that a build that fails
/// leaves the old page alone.
fn assemble(module: &Path) -> Result<()> {
    step("Putting the page together", || {
        let new = place::target().join("page");
        let dist = place::root().join("frontend/dist");
        remove(&new)?;
        Bindgen::new().input_path(module).web(true)?.typescript(false).out_name("frontend").generate(&new)?;
        shrink(&new.join("frontend_bg.wasm"))?;
        copy(&place::root().join("frontend/static"), &new)?;
        remove(&dist)?;
        // Not a rename: the target directory may be on another disk.
        copy(&new, &dist)
    })
}

fn shrink(module: &Path) -> Result<()> {
    let Some(mut wasm_opt) = setup::wasm_opt() else { return Ok(()) };
    let smaller = module.with_extension("small");
    // wasm-opt reads from the module which features it may use. Told to use all of them, it would write what
    // no browser knows.
    wasm_opt.args(["-Oz", "--output"]).arg(&smaller).arg(module);
    if !succeeds(wasm_opt) {
        println!("    warning: wasm-opt failed, the page stays larger than it could be");
        return Ok(());
    }
    let (before, after) = (fs::metadata(module)?.len(), fs::metadata(&smaller)?.len());
    println!("    wasm-opt: {} kB -> {} kB", before / 1000, after / 1000);
    Ok(fs::rename(&smaller, module)?)
}

/// A hash of everything that the page is made of.
fn fingerprint(module: &Path) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    fs::read(module).with_context(|| format!("`{}` is missing", module.display()))?.hash(&mut hasher);
    // These two files decide on the rest: the tools and how they are called.
    include_str!("page.rs").hash(&mut hasher);
    include_str!("setup.rs").hash(&mut hasher);
    for file in files_under(&place::root().join("frontend/static"))? {
        file.hash(&mut hasher);
        fs::read(&file)?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// All files in a folder and its folders, sorted.
fn files_under(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("the folder `{}` cannot be read", folder.display()))?
    {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_under(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for file in files_under(from)? {
        let copied = to.join(file.strip_prefix(from)?);
        let Some(folder) = copied.parent() else { bail!("`{}` is in no folder", copied.display()) };
        fs::create_dir_all(folder)?;
        fs::copy(&file, &copied).with_context(|| format!("`{}` cannot be written", copied.display()))?;
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("`{}` cannot be replaced", folder.display()))?;
    }
    Ok(())
}
