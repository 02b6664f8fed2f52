//! The work of a job: it extracts one table after the other, trying each again where that may help, then
//! brings the marts up to date.

mod again;

use std::collections::BTreeMap;
use std::time::Duration;

use api::pipeline::{JobRecord, JobTable};
use chrono::{DateTime, FixedOffset};
use lake::{Lake, Manifest, Mode, Pause, Retries, TableState};
use process::chain;
use warehouse::settings;
use warehouse::sources::{ALL, Owner, Source};
use warehouse::staging::zones::holds_rows;
use warehouse::transform::{self, Comparison, JobStamp, Search, Staged, Tables, Transformed};

use self::again::{Again, told};
use super::JobRequest;
use super::progress::Progress;
use crate::Settings;
use crate::error::TableError;
use crate::extract::{Extraction, Read, With};
use crate::source::{Connect, Erp, ErpError, Table};
use crate::time_left::{NEARLY_UP, TimeLeft};

/// How often a table is begun again because another job was faster.
const OVERTAKEN: Retries = Retries { most: 30, pause: Pause::Even(Duration::ZERO) };

/// A job at its work.
pub(super) struct Job<'a> {
    erp: &'a dyn Connect,
    lake: &'a Lake,
    settings: &'a Settings,
    mode: Mode,
    accept_deletes: bool,
    rebuild: bool,
    stamp: &'a JobStamp,
    time: &'a TimeLeft<'a>,
    record: &'a mut JobRecord,
    tables: Tables<'static>,
    has_committed: bool,
}

/// How a job's way through the tables ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Each table was read, or a failure kept it from being read.
    AllDone,
    /// The job had to stop for lack of time.
    ForLackOfTime,
}

impl<'a> Job<'a> {
    pub(super) fn new(
        erp: &'a dyn Connect,
        lake: &'a Lake,
        settings: &'a Settings,
        request: &JobRequest,
        stamp: &'a JobStamp,
        time: &'a TimeLeft<'a>,
        record: &'a mut JobRecord,
    ) -> Self {
        Self {
            erp,
            lake,
            settings,
            mode: request.mode,
            accept_deletes: request.accept_deletes,
            rebuild: request.rebuild,
            stamp,
            time,
            record,
            tables: Tables::default(),
            has_committed: false,
        }
    }

    /// Extracts all tables and brings the marts up to date, also with what an earlier job left to do.
    pub(super) async fn all(&mut self) -> Result<Ended, String> {
        let search = match self.mode {
            _ if self.rebuild => Search::rebuild(),
            Mode::Incremental => Search::by_comparison(),
            Mode::Reconcile | Mode::Full => Search::by_reading(),
        };
        let manifest = self.stage(search).await.map_err(|error| chain(&error))?;
        let is_behind = transform::is_behind(&manifest);
        self.tables.next = ALL
            .into_iter()
            .map(|source| source.staging)
            .find(|name| manifest.next_table.as_deref() == Some(*name));
        let ended = match self.connect().await {
            Ok(erp) => Ok(self.extract(erp.as_ref(), manifest.tables).await),
            Err(error) => Err(error),
        };
        let is_behind = is_behind || self.record.healed.is_some();
        if is_behind || self.has_committed || !self.tables.read.is_empty() {
            let transformed = transform::transform(self.lake, self.stamp, &self.tables, self.time.now())
                .await
                .map_err(|error| chain(&error))?;
            self.note_settings(&transformed).map_err(|error| chain(&error))?;
            self.note_healed(transformed.healed);
        }
        ended
    }

    /// Brings staging up to date, and notes in the record what was made again.
    async fn stage(&mut self, search: Search) -> warehouse::Result<Manifest> {
        let Staged { manifest, healed, warnings } = transform::stage(self.lake, self.stamp, search).await?;
        self.note_healed(healed);
        // A full reload makes good for what is lost, or names it itself.
        if self.mode != Mode::Full {
            for warning in warnings {
                self.warn(warning);
            }
        }
        Ok(manifest)
    }

    fn note_healed(&mut self, healed: Vec<String>) {
        for told in healed {
            if self.record.healed.as_ref().is_none_or(|healed| !healed.contains(&told)) {
                tracing::warn!(job_id = self.stamp.job_id, "{told}");
            }
            add(&mut self.record.healed, told);
        }
    }

    fn warn(&mut self, warning: String) {
        add(&mut self.record.warning, warning);
    }

    /// Notes in the record what keeps the factory's settings from being taken, and what they leave open.
    fn note_settings(&mut self, transformed: &Transformed) -> lake::Result<()> {
        let Transformed { manifest, bad_settings, .. } = transformed;
        self.record.error = bad_settings.as_ref().map(settings::told_bad);
        let unknown = settings::unknown_grades(manifest, &settings::in_force(manifest)?);
        if let Some(warning) = settings::told_unknown_grades(&unknown) {
            self.warn(warning);
        }
        Ok(())
    }

    async fn extract(&mut self, erp: &dyn Erp, mut states: BTreeMap<String, TableState>) -> Ended {
        // Why no more tables are tried. A failure of the whole ERP or lake keeps all of them from being read,
        // so it is not waited for again with each table.
        let mut given_up: Option<String> = None;
        let mut ended = Ended::AllDone;
        let is_first = states.values().all(|state| state.as_of.is_none());
        for source in self.order() {
            let state = states.remove(source.staging).unwrap_or_default();
            if given_up.is_none() && self.time.is_up() {
                tracing::warn!(
                    table = source.table,
                    "{NEARLY_UP}: this table and those after it are not tried"
                );
                (given_up, ended) = (Some(NEARLY_UP.to_owned()), Ended::ForLackOfTime);
                self.tables.next = Some(source.staging);
            }
            let outcome = match &given_up {
                Some(reason) => Outcome::Failed(
                    Progress::of(&state).told(source, 0, Some(format!("not tried: {reason}"))),
                    Cause::Table,
                ),
                None => self.table(erp, source, state).await,
            };
            match outcome {
                Outcome::Absent => {
                    self.tables.absent.insert(source.staging);
                    self.record.skipped.push(source.table.to_owned());
                }
                Outcome::Read(table, as_of) => {
                    self.tables.read.insert(source.staging, as_of);
                    self.record.tables.push(table);
                }
                Outcome::Failed(table, cause) => {
                    self.tables.failed.insert(source.staging);
                    match cause {
                        Cause::Table => {}
                        Cause::Everywhere => given_up.clone_from(&table.error),
                        Cause::Time => {
                            (given_up, ended) = (Some(NEARLY_UP.to_owned()), Ended::ForLackOfTime);
                            self.tables.next = Some(source.staging);
                        }
                    }
                    self.record.tables.push(table);
                }
            }
        }
        if given_up.is_none() {
            self.tables.next = None;
        }
        // Whatever the order was, the record names the tables in the same one.
        let place = |table: &str| ALL.iter().position(|source| source.table == table);
        self.record.tables.sort_by_key(|table| place(&table.table));
        self.record.skipped.sort_by_key(|table| place(table));
        self.tables.compared = self.comparison(is_first, given_up.is_none());
        ended
    }

    /// The tables in the order in which they are read. New rows are first looked for where the job before had
    /// no time left. Otherwise large tables, whose overlap each job reads anew, could keep those after them
    /// from ever being read. Comparisons and reloads are as good as they are whole, so they keep one order.
    fn order(&self) -> impl Iterator<Item = &'static Source> + use<> {
        let next = self.tables.next.filter(|_| self.mode == Mode::Incremental);
        let first = ALL.iter().position(|source| next == Some(source.staging)).unwrap_or(0);
        let mut order = ALL;
        order.rotate_left(first);
        order.into_iter()
    }

    /// How the ERP was compared with the lake, once all tables have been tried. `is_first` says that there
    /// was nothing to compare with, `is_whole` that no table was left out.
    fn comparison(&self, is_first: bool, is_whole: bool) -> Option<Comparison> {
        let at = self.stamp.started_at;
        let is_well = self.record.tables.iter().all(|table| table.error.is_none());
        match self.mode {
            Mode::Incremental => (is_first && is_well).then_some(Comparison::Ended(at)),
            Mode::Reconcile | Mode::Full if is_well => Some(Comparison::Good(at)),
            Mode::Reconcile | Mode::Full => is_whole.then_some(Comparison::Ended(at)),
        }
    }

    /// Extracts a table, again where that may help.
    async fn table(&mut self, erp: &dyn Erp, source: &'static Source, state: TableState) -> Outcome {
        let mut progress = Progress::of(&state);
        let mut known = Some(state);
        let (mut attempts, mut overtaken) = (0, 0);
        let (mut search, mut was_damaged, mut begins_anew) = (Search::default(), false, false);
        loop {
            attempts += 1;
            let state = match known.take() {
                Some(state) => Ok(state),
                None => self.state(source, std::mem::take(&mut search)).await,
            };
            let tried = match state {
                Ok(state) => {
                    let open_reload = state.open_reload.filter(|_| !begins_anew);
                    self.attempt(erp, source, TableState { open_reload, ..state }, &mut progress).await
                }
                Err(error) => Err(error),
            };
            let error = match tried {
                Ok(None) => return Outcome::Absent,
                Ok(Some(Read::AsOf(as_of))) => {
                    let left_undone = progress.withheld.map(|withheld| withheld.told(self.mode));
                    if let Some(reason) = &left_undone {
                        tracing::error!(table = source.table, "{reason}");
                    }
                    return Outcome::Read(progress.told(source, attempts, left_undone), as_of);
                }
                Ok(Some(Read::Prepared)) => {
                    // This was no failed try, but the first half of one.
                    attempts -= 1;
                    progress.keep();
                    continue;
                }
                Err(error) => error,
            };
            let again = match &error {
                TableError::Overtaken if OVERTAKEN.pause_after(overtaken + 1).is_some() => {
                    overtaken += 1;
                    attempts -= 1;
                    Again::Yes
                }
                TableError::BrokenReload(_) if !begins_anew => {
                    begins_anew = true;
                    self.warn(error.to_string());
                    attempts -= 1;
                    Again::Yes
                }
                // What staging holds cannot be read. It is made again, once.
                TableError::Lake(error) if error.is_damage() && !was_damaged => {
                    was_damaged = true;
                    search = Search::found_in(source, error.to_string());
                    attempts -= 1;
                    Again::Yes
                }
                TableError::Erp(error) if error.concerns_all_tables() => self.connect_again(error).await,
                error => self.try_again(source, error, attempts).await,
            };
            if again != Again::Yes {
                let reason = told(&error, again);
                let cause = match &error {
                    TableError::Stopped => Cause::Time,
                    error if error.concerns_all_tables() => Cause::Everywhere,
                    _ => Cause::Table,
                };
                if let TableError::Stopped = error {
                    tracing::warn!(table = source.table, "{reason}");
                } else {
                    tracing::error!(table = source.table, error = reason, attempts, "reading a table failed");
                }
                return Outcome::Failed(progress.told(source, attempts, Some(reason)), cause);
            }
            progress.keep();
        }
    }

    /// What the lake knows of a table now.
    async fn state(&mut self, source: &Source, search: Search) -> Result<TableState, TableError> {
        Ok(self.stage(search).await?.tables.remove(source.staging).unwrap_or_default())
    }

    /// Tries a table once; `None` if the ERP does not have it and need not. `state` is what the lake knows of
    /// the table.
    async fn attempt(
        &mut self,
        erp: &dyn Erp,
        source: &'static Source,
        state: TableState,
        progress: &mut Progress,
    ) -> Result<Option<Read>, TableError> {
        let described = described(erp, source).await?;
        let is_absent = described.is_none();
        let table = match described {
            Some(table) => table,
            None if !holds_rows(&state) => return Ok(None),
            None if self.mode == Mode::Full && self.accept_deletes => {
                Table::without_columns(self.settings.factory_tz)
            }
            // A table that is read no more is not one that was never there.
            None => return Err(TableError::Vanished(source.table)),
        };
        let state = self.without_lost(source, state).await?;
        let with = With {
            lake: self.lake,
            erp,
            reading: &self.settings.reading,
            job: self.stamp,
            time: self.time,
            accept_deletes: self.accept_deletes,
        };
        let mut extraction = Extraction::new(with, source, table, self.mode, state);
        let result = if is_absent { extraction.remove_all().await } else { extraction.extract().await };
        self.has_committed |= extraction.has_committed();
        progress.note(extraction);
        result.map(Some)
    }

    /// What a table is read from if a segment of it is lost: from nothing, by a full reload, whose segments
    /// come after all that are there.
    async fn without_lost(&self, source: &Source, state: TableState) -> Result<TableState, TableError> {
        let Some(lost) = &state.lost else { return Ok(state) };
        if self.mode != Mode::Full {
            return Err(TableError::Lost(lost.reason.clone()));
        }
        let later = self.lake.segments_after(source.staging, state.applied).await?;
        let applied = later.last().copied().unwrap_or(state.applied).max(lost.last);
        Ok(TableState { applied, watermark: None, pass: None, ..state })
    }
}

/// Adds a text to those that a record has.
fn add(texts: &mut Option<String>, text: String) {
    match texts {
        None => *texts = Some(text),
        Some(texts) if texts.contains(&text) => {}
        Some(texts) => {
            texts.push_str("; ");
            texts.push_str(&text);
        }
    }
}

/// What became of a table.
enum Outcome {
    /// The ERP does not have the table and need not.
    Absent,
    /// The table was read as it was at this moment.
    Read(JobTable, DateTime<FixedOffset>),
    /// The table was not read to its end.
    Failed(JobTable, Cause),
}

/// Where a failure lies.
#[derive(Clone, Copy)]
enum Cause {
    /// In the table.
    Table,
    /// In the ERP or the lake as a whole.
    Everywhere,
    /// In the time that the job has.
    Time,
}

/// What the ERP says of a table; `None` if the ERP does not have it and need not. The table must have all the
/// columns that are read.
async fn described(erp: &dyn Erp, source: &'static Source) -> Result<Option<Table>, ErpError> {
    let Some(table) = erp.table(source).await? else {
        return if source.owner == Owner::Erp { Err(ErpError::NoTable(source.table)) } else { Ok(None) };
    };
    match source.columns.iter().find(|column| table.column(column.source).is_none()) {
        Some(column) => Err(ErpError::NoColumn { table: source.table, column: column.source.to_owned() }),
        None => Ok(Some(table)),
    }
}
