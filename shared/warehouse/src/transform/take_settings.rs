//! Takes the factory's settings into force, if the file of them has changed.

use std::sync::Arc;

use domain::settings::FactorySettings;
use lake::{ETag, Fetched, LakeError, Object, SettingsInForce};

use super::work::{Work, to_json};
use crate::settings::{BadSettings, in_force, known_lines, parse};
use crate::sources::PROD_LINES;
use crate::touched::Touched;
use crate::{Result, WarehouseError};

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
    let file = match work.lake.settings_file(known.as_ref()).await {
        // People write it. Nobody but them can make it again.
        Err(error) if error.is_damage() => Err(BadSettings { line: None, reason: put_again(&error) }),
        file => Ok(file?),
    };
    let (settings, bad) = match file {
        Err(bad) => (kept, Some(bad)),
        Ok(file) => file_taken(work, kept, file).await?,
    };
    work.pending.merge(match before {
        Ok(before) => Touched::by_settings(&before, &settings),
        Err(_) => Touched::by_any_settings(),
    });
    work.settings = Arc::new(settings);
    let zone = Some(work.zone.name().to_owned());
    if work.manifest.zone != zone {
        work.pending.merge(Touched { all_runs: true, ..Touched::default() });
        work.manifest.zone = zone;
    }
    Ok(bad)
}

/// What of the settings is in force after a file was read, and what is wrong with it.
async fn file_taken(
    work: &mut Work<'_>,
    kept: FactorySettings,
    file: Fetched,
) -> Result<(FactorySettings, Option<BadSettings>)> {
    Ok(match file {
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
    })
}

fn put_again(error: &LakeError) -> String {
    format!("it cannot be read ({error}): put it again with `tideline settings put`")
}

async fn parsed(work: &Work<'_>, file: &Object) -> Result<std::result::Result<FactorySettings, BadSettings>> {
    let lines = match known_lines(work.lake, &work.manifest).await {
        Err(WarehouseError::Lake(error)) if error.is_damage() => {
            return Err(WarehouseError::Damaged {
                table: Some(PROD_LINES.staging),
                reason: error.to_string(),
            });
        }
        lines => lines?,
    };
    Ok(parse(&file.bytes, lines.as_ref()))
}
