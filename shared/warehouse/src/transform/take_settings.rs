//! Takes the factory's settings into force, if the file of them has changed.

use std::sync::Arc;

use domain::settings::FactorySettings;
use lake::{ETag, Fetched, Object, SettingsInForce};

use super::work::{Work, to_json};
use crate::Result;
use crate::settings::{BadSettings, in_force, known_lines, parse};
use crate::touched::Touched;

/// Reads the file of settings, unless it is the one in force. What depends on settings that have changed is
/// noted to be made again. Returns what is wrong with a file that cannot be taken: then the settings stay as
/// they are.
///
/// The tables are folded before this, so that the lines of the factory are known.
pub(super) async fn take_settings(work: &mut Work<'_>) -> Result<Option<BadSettings>> {
    let before = in_force(&work.manifest);
    let version = work.manifest.settings.as_ref().map(|settings| settings.version.clone());
    // Another version of the program may read more out of the same file.
    let known: Option<ETag> = version.filter(|_| before.is_ok() && !work.is_outdated);
    let kept = before.as_ref().ok().cloned().unwrap_or_default();
    let file = work.lake.settings_file(known.as_ref()).await?;
    let (settings, bad) = match file {
        Fetched::Unchanged => (kept, None),
        Fetched::Missing => {
            work.manifest.settings = None;
            (FactorySettings::default(), None)
        }
        Fetched::New(file) => match parsed(work, &file).await? {
            Ok(settings) => {
                let values = to_json(&settings)?;
                work.manifest.settings = Some(SettingsInForce { version: file.etag, values });
                (settings, None)
            }
            Err(bad) => (kept, Some(bad)),
        },
    };
    work.pending.merge(match before {
        Ok(before) => Touched::by_settings(&before, &settings),
        Err(_) => Touched::by_any_settings(),
    });
    work.settings = Arc::new(settings);
    Ok(bad)
}

async fn parsed(work: &Work<'_>, file: &Object) -> Result<std::result::Result<FactorySettings, BadSettings>> {
    let lines = known_lines(work.lake, &work.manifest).await?;
    Ok(parse(&file.bytes, lines.as_ref()))
}
