//! Renews all files that follow from the declarations: `cargo xtask generate`.

use anyhow::Result;

#[tokio::main]
async fn main() -> Result<()> {
    for file in tests::generated::files().await? {
        if file.renew()? {
            println!("    renewed {}", file.path);
        }
    }
    Ok(())
}
