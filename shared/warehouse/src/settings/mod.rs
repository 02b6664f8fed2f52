//! The factory's settings: the file in the lake that people write, and those in force, which the manifest
//! carries beside the marts that were made with them.
//!
//! A file that cannot be taken changes nothing: the settings before it stay in force.

mod file;

use std::collections::{BTreeMap, BTreeSet};

use domain::code::folded;
use domain::settings::FactorySettings;
use lake::{Fetched, Lake, LakeError, Manifest, SettingsInForce, Slot, keys};

use crate::marts::GRADES;
use crate::sources::PROD_LINES;
use crate::staging::zones::GRADE;
use crate::{Result, WarehouseError};

pub use file::{BadSettings, parse};

/// The settings that the marts of a manifest were made with.
pub fn in_force(manifest: &Manifest) -> lake::Result<FactorySettings> {
    let Some(SettingsInForce { values, .. }) = &manifest.settings else {
        return Ok(FactorySettings::default());
    };
    serde_json::from_value(values.clone()).map_err(|error| LakeError::Corrupt {
        key: keys::MANIFEST.to_owned(),
        expected: "the settings in force",
        reason: error.to_string(),
    })
}

/// The ids of the factory's lines, as far as they are known: `None` before the table of the lines was read,
/// or if the ERP has none.
pub async fn known_lines(lake: &Lake, manifest: &Manifest) -> Result<Option<BTreeSet<String>>> {
    let table = PROD_LINES.staging;
    if manifest.never_read([table]).is_some() {
        return Ok(None);
    }
    let Some(state) = manifest.tables.get(table) else { return Ok(None) };
    let column = PROD_LINES.column(PROD_LINES.key[0]).name();
    let mut lines = BTreeSet::new();
    for part in state.parts.keys() {
        let columns = [column.clone()];
        if let Some(held) = lake.held(table, Slot::Part(part), Some(&columns)).await? {
            let failed = |source| WarehouseError::Compute { step: "the ids of lines".to_owned(), source };
            lines.extend(crate::frames::texts(&held.frame, &column).map_err(failed)?);
        }
    }
    Ok(Some(lines))
}

/// The texts for grades in the rows of runs that mean no grade, each once, as the ERP first spells it.
pub fn unknown_grades(manifest: &Manifest, settings: &FactorySettings) -> Vec<String> {
    let mut unknown: BTreeMap<String, String> = BTreeMap::new();
    for (mart, _) in GRADES {
        let parts = manifest.marts.get(mart.name).into_iter().flat_map(BTreeMap::values);
        for text in parts.filter_map(|part| part.zone.get(GRADE)).flatten() {
            if settings.grades.grade(text).is_none() {
                unknown.entry(folded(text)).or_insert_with(|| text.clone());
            }
        }
    }
    unknown.into_values().collect()
}

/// Whether the file of settings in the lake is the one that the marts were made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    InForce,
    /// The next job takes it.
    Waiting,
}

/// Looks at the file of settings in the lake as the next job will. `None` if there is none.
pub async fn look_at(
    lake: &Lake,
    manifest: &Manifest,
) -> Result<Option<std::result::Result<State, BadSettings>>> {
    let Fetched::New(file) = lake.settings_file(None).await? else { return Ok(None) };
    if manifest.settings.as_ref().is_some_and(|settings| settings.version == file.etag) {
        return Ok(Some(Ok(State::InForce)));
    }
    let lines = known_lines(lake, manifest).await?;
    Ok(Some(parse(&file.bytes, lines.as_ref()).map(|_| State::Waiting)))
}

/// What is wrong with the file of settings in the lake, in one line.
pub fn told_bad(bad: &BadSettings) -> String {
    format!("`{}`: {bad}; the settings before it stay in force", keys::SETTINGS)
}

/// How many unknown grades are named. A column that is used for something else may hold any number of texts.
const NAMED_MAX: usize = 20;

/// The unknown grades in one line, with what to do about them; `None` if there are none.
pub fn told_unknown_grades(unknown: &[String]) -> Option<String> {
    let named: Vec<_> = unknown.iter().take(NAMED_MAX).map(|grade| format!("`{grade}`")).collect();
    let more = unknown.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let advice = format!(
        "fish of these grades is judged neither as Premium nor as GG; say in `{}` under [grades] what they mean",
        keys::SETTINGS
    );
    (!named.is_empty()).then(|| format!("unknown grades {}{more}: {advice}", named.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::settings::Limits;
    use lake::{ETag, PartRef};
    use serde_json::json;

    fn with_settings(values: serde_json::Value) -> Manifest {
        let settings = Some(SettingsInForce { version: ETag("1".to_owned()), values });
        Manifest { settings, ..Manifest::default() }
    }

    #[test]
    fn settings_that_another_version_kept_are_read_as_far_as_they_go() {
        assert_eq!(in_force(&Manifest::default()).unwrap(), FactorySettings::default());
        let kept = json!({"limits": {"low_yield_pct": 92.5, "not_known_yet": 7}, "alerts": {"mail": "x"}});
        let limits = Limits { low_yield_pct: 92.5, ..Limits::default() };
        let expect = FactorySettings { limits, ..FactorySettings::default() };
        assert_eq!(in_force(&with_settings(kept)).unwrap(), expect);
        let wrong = in_force(&with_settings(json!({"limits": "none"}))).unwrap_err();
        assert!(wrong.to_string().contains("manifest.json"), "{wrong}");
    }

    #[test]
    fn a_grade_that_no_run_s_row_explains_is_named_once_however_often_it_is_spelled() {
        let part = |grades: &[&str]| {
            let grades = grades.iter().map(|grade| (*grade).to_owned()).collect();
            PartRef {
                key: String::new(),
                etag: None,
                digest: None,
                rows: 1,
                zone: BTreeMap::from([(GRADE.to_owned(), grades)]),
            }
        };
        let mut manifest = Manifest::default();
        for (mart, month, grades) in [
            ("run_inputs", "2026-10", &["Premium", "RSPCA", "Std"][..]),
            ("run_inputs", "2026-11", &["gg", "rspca", "RSPCA "]),
            ("run_outputs", "2026-11", &["Organic"]),
            // Nothing is judged by the grades of intakes.
            ("intakes", "2026-11", &["A"]),
        ] {
            manifest.marts.entry(mart.to_owned()).or_default().insert(month.to_owned(), part(grades));
        }
        let mut settings = FactorySettings::default();
        assert_eq!(unknown_grades(&manifest, &settings), ["Organic", "RSPCA", "Std"]);
        settings.grades.0.insert(domain::tier::Grade::Premium, vec!["RSPCA".to_owned()]);
        let unknown = unknown_grades(&manifest, &settings);
        assert_eq!(
            told_unknown_grades(&unknown).unwrap(),
            "unknown grades `Organic`, `Std`: fish of these grades is judged neither as Premium nor as GG; say in `settings/factory.toml` under [grades] what they mean"
        );
        assert_eq!(told_unknown_grades(&[]), None);
        let many: Vec<_> = (0..25).map(|n| n.to_string()).collect();
        assert!(told_unknown_grades(&many).unwrap().contains("`19` and 5 more: "));
    }
}
