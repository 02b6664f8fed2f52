//! What a line should make in a shift: what the factory says, or else what the line usually makes.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::shift::TargetSource;
use chrono::{Days, NaiveDate};
use domain::code::folded;
use domain::projection::{SHIFTS_MAX, SHIFTS_MIN, median};
use domain::settings::{FactorySettings, LineSettings};
use serve::window::Dates;
use serve::{Result, Snapshot, work};
use warehouse::marts::{RECENT_SHIFTS, SHIFT_LINES, ShiftLineRow, ShiftProgressRow, rows};

/// How far back it is looked for what was usual before a shift that is none of the last ones.
const BACK_DAYS: u64 = 182;

/// The way of a line through a shift, by the date of the shift.
pub(crate) type Ways = BTreeMap<NaiveDate, Vec<ShiftProgressRow>>;

/// The ways of lines through the last shifts of a code, of all dates.
type LineWays = BTreeMap<Option<String>, Ways>;

/// The shifts before one in which lines made something: what is usual on that shift.
#[derive(Debug)]
pub(crate) struct Before {
    /// The last ones of its code by line, each with what was made (kg). The newest comes last.
    made_kg: BTreeMap<Option<String>, Vec<f64>>,
    ways: Arc<LineWays>,
}

/// A target, and where it is from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Target {
    pub(crate) kg: f64,
    pub(crate) source: TargetSource,
}

impl Before {
    /// Reads what was usual before the shift of this date and code.
    pub(crate) async fn read(snapshot: &Snapshot, date: NaiveDate, code: &str) -> Result<Self> {
        let recent = recent(snapshot, code).await?;
        let is_enough = |ways: &Ways| ways.len() <= SHIFTS_MAX || ways.range(..date).count() >= SHIFTS_MAX;
        if recent.values().all(is_enough) {
            let outcomes = |ways: &Ways| ways.range(..date).filter_map(|(_, way)| outcome_kg(way)).collect();
            let made_kg = recent.iter().map(|(line, ways)| (line.clone(), outcomes(ways))).collect();
            return Ok(Self { made_kg, ways: recent });
        }
        let dates = Dates { from: date.checked_sub_days(Days::new(BACK_DAYS)), to: date.pred_opt() };
        let lines = snapshot.mart(&SHIFT_LINES, dates).await?;
        let code = folded(code);
        work(move || {
            let mut made: BTreeMap<Option<String>, BTreeMap<NaiveDate, f64>> = BTreeMap::new();
            for line in rows::<ShiftLineRow>(&lines)? {
                if folded(&line.shift_code) == code && line.made.made_kg > 0.0 {
                    made.entry(line.prod_line).or_default().insert(line.shift_date, line.made.made_kg);
                }
            }
            let by_line = made.into_iter().map(|(line, made)| (line, made.into_values().collect()));
            Ok(Self { made_kg: by_line.collect(), ways: recent })
        })
        .await
    }

    /// The ways of a line through the last shifts of this code, of all dates.
    pub(crate) fn ways(&self, line: Option<&str>) -> Option<&Ways> {
        self.ways.get(&line.map(str::to_owned))
    }

    /// What a line should make in the shift; `None` if the factory does not say it, and the line made something
    /// in fewer than five shifts of this code before.
    pub(crate) fn target(&self, line: Option<&str>, settings: &FactorySettings) -> Option<Target> {
        let said = line.and_then(|line| settings_of(line, settings)?.shift_target_kg);
        if let Some(kg) = said {
            return Some(Target { kg, source: TargetSource::Settings });
        }
        let made_kg = self.made_kg.get(&line.map(str::to_owned))?;
        if made_kg.len() < SHIFTS_MIN {
            return None;
        }
        let last = &made_kg[made_kg.len().saturating_sub(SHIFTS_MAX)..];
        Some(Target { kg: median(last.to_vec())?, source: TargetSource::Usual })
    }
}

/// The last shifts by their codes, as the mart keeps them.
#[derive(Debug)]
struct Recent(BTreeMap<String, Arc<LineWays>>);

/// The last shifts of a code by line.
async fn recent(snapshot: &Snapshot, code: &str) -> Result<Arc<LineWays>> {
    let recent = snapshot.once(async |snapshot: Snapshot| Recent::read(&snapshot).await).await?;
    Ok(recent.0.get(&folded(code)).cloned().unwrap_or_default())
}

impl Recent {
    async fn read(snapshot: &Snapshot) -> Result<Self> {
        let frame = snapshot.mart(&RECENT_SHIFTS, Dates::ALL).await?;
        work(move || {
            let mut recent: BTreeMap<String, LineWays> = BTreeMap::new();
            for row in rows::<ShiftProgressRow>(&frame)? {
                let lines = recent.entry(folded(&row.shift_code)).or_default();
                let ways = lines.entry(row.prod_line.clone()).or_default();
                ways.entry(row.shift_date).or_default().push(row);
            }
            Ok(Self(recent.into_iter().map(|(code, lines)| (code, Arc::new(lines))).collect()))
        })
        .await
    }
}

/// What was made in a whole shift.
fn outcome_kg(way: &[ShiftProgressRow]) -> Option<f64> {
    way.iter().max_by_key(|row| row.elapsed_pct).map(|row| row.made_kg)
}

/// What the factory says of a line. The file may write its id in another case.
fn settings_of<'a>(line: &str, settings: &'a FactorySettings) -> Option<&'a LineSettings> {
    settings.lines.iter().find(|(id, _)| folded(id) == folded(line)).map(|(_, line)| line)
}
