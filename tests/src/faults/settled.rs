//! What must hold when the faults are over and clean jobs have gone through. The lake holds each row of the
//! ERP once, and everything that is made of these rows is right.

use std::collections::{BTreeMap, BTreeSet};

use api::pipeline::JobRecord;
use chrono::NaiveDateTime;
use extractor_function::validate::{RejectedRow, validate};
use extractor_function::value::Value;
use lake::{Lake, Manifest, MemoryStore, Mode, PutMode, Slot, Store, StoredJob};
use polars::prelude::{DataFrame, StringChunked};
use warehouse::marts;
use warehouse::rejected_csv::rejected_csv;
use warehouse::sources::{ALL, Source};
use warehouse::staging::open::rejected_schema;
use warehouse::transform::{JobStamp, Search, stage};

use super::see_one_version;
use super::small::Small;
use crate::factory::{copy_raw, key_of, own_columns, rows_of, shown};

/// Rows as texts by key.
type Rows = BTreeMap<Vec<String>, Vec<String>>;
/// Open rejected rows: key, reason, original values.
type Open = BTreeSet<(String, String, String)>;

/// What a lake must hold in the end, as its ERP is now.
#[derive(Debug)]
pub struct Goal {
    staging: BTreeMap<&'static str, Rows>,
    open: BTreeMap<&'static str, Open>,
    marts: BTreeMap<&'static str, BTreeSet<Vec<String>>>,
}

impl Goal {
    /// What must be in staging and in the lists of open rejected rows. Marts are left out.
    pub fn of_rows(factory: &Small) -> Self {
        let (mut staging, mut open) = (BTreeMap::new(), BTreeMap::new());
        for source in ALL {
            let (rows, rejected) = judged(factory, source);
            staging.insert(source.staging, rows);
            open.insert(source.staging, rejected);
        }
        Self { staging, open, marts: BTreeMap::new() }
    }

    /// What must be in the lake of a factory. The marts are those that jobs make in a lake that has nothing
    /// but the factory's segments: rows count by the stamps that they were first read with.
    pub async fn of(factory: &Small) -> Self {
        let fresh = factory.lake_over(MemoryStore::new());
        copy_raw(&factory.lake(), &fresh).await;
        let mut client = factory.client(std::sync::Arc::new(super::Unharmed));
        client.lake = fresh.clone();
        // The first of them may go on with a reload that another job left.
        for _ in 0..2 {
            let record = client.run(Mode::Full).await;
            assert_eq!(record.status, "ok", "{record:?}");
        }
        let (manifest, _) = fresh.manifest().await.expect("a lake").expect("a manifest");
        Self { marts: all_marts(&fresh, &manifest).await.expect("marts"), ..Self::of_rows(factory) }
    }

    /// Says what in the lake is not as it must be.
    pub async fn check(&self, factory: &Small, latest_start: Option<NaiveDateTime>) -> Result<(), String> {
        let lake = factory.lake();
        see_one_version(&lake, latest_start).await?;
        let (manifest, _) = lake.manifest().await.map_err(said)?.ok_or("there is no manifest")?;
        ensure(manifest.pending.is_null(), || format!("still pending: {}", manifest.pending))?;
        check_records(factory).await?;
        for source in ALL {
            self.check_staging(&lake, source).await?;
            self.check_open(&lake, &manifest, source).await?;
            check_segments(factory, &lake, &manifest, source).await?;
        }
        let made = all_marts(&lake, &manifest).await?;
        for (mart, expected) in &self.marts {
            differ(&format!("marts/{mart}"), expected, &made[mart])?;
        }
        check_published(&factory.store, &manifest).await
    }

    /// Says what in staging is not as it must be.
    pub async fn check_rows(&self, factory: &Small) -> Result<(), String> {
        for source in ALL {
            self.check_staging(&factory.lake(), source).await?;
        }
        Ok(())
    }

    async fn check_staging(&self, lake: &Lake, source: &'static Source) -> Result<(), String> {
        let mut held = BTreeMap::new();
        for part in lake.staging_parts(source.staging).await.map_err(said)? {
            let rows = lake
                .held(source.staging, Slot::Part(&part), Some(&own_columns(source)))
                .await
                .map_err(said)?
                .ok_or("a part that is listed is not there")?;
            for row in rows_of(&rows.frame) {
                let key = key_of(source, &row);
                ensure(held.insert(key.clone(), row).is_none(), || {
                    format!("staging/{}: {key:?} is there twice", source.staging)
                })?;
            }
        }
        let all = |rows: &Rows| -> BTreeSet<Vec<String>> { rows.values().cloned().collect() };
        differ(&format!("staging/{}", source.staging), &all(&self.staging[source.staging]), &all(&held))
    }

    async fn check_open(
        &self,
        lake: &Lake,
        manifest: &Manifest,
        source: &'static Source,
    ) -> Result<(), String> {
        let open = match lake.held(source.staging, Slot::Rejected, None).await.map_err(said)? {
            Some(held) => held.frame,
            None => DataFrame::empty_with_schema(&rejected_schema()),
        };
        let texts = |name: &str| -> Vec<String> {
            let column: &StringChunked =
                open.column(name).and_then(|column| column.str()).expect("a text column");
            column.iter().map(|text| text.unwrap_or_default().to_owned()).collect()
        };
        let listed: Vec<_> = texts("key")
            .into_iter()
            .zip(texts("reason"))
            .zip(texts("row"))
            .map(|((key, reason), row)| (key, reason, row))
            .collect();
        let distinct: Open = listed.iter().cloned().collect();
        ensure(distinct.len() == listed.len(), || {
            format!("rejected/{}: a row is open twice: {listed:?}", source.staging)
        })?;
        differ(&format!("rejected/{}", source.staging), &self.open[source.staging], &distinct)?;
        let counted = manifest.tables.get(source.staging).map_or(0, |table| table.rejected);
        ensure(counted == listed.len(), || {
            format!(
                "{}: {} rejected rows are open, the manifest counts {counted}",
                source.staging,
                listed.len()
            )
        })
    }
}

/// The valid rows of the ERP and the rejected ones. Of several valid rows with one key, only the one with the
/// latest watermark counts.
fn judged(factory: &Small, source: &'static Source) -> (Rows, Open) {
    let mut rows: BTreeMap<Vec<String>, (NaiveDateTime, Vec<String>)> = BTreeMap::new();
    let mut open = Open::new();
    for cells in factory.erp_rows(source).unwrap_or_default() {
        match validate(source, cells, factory.settings.factory_tz) {
            Ok(row) => {
                let texts: Vec<String> = row.values.iter().map(shown).collect();
                let key = key_of(source, &texts);
                if rows.get(&key).is_none_or(|(watermark, _)| *watermark <= row.watermark) {
                    rows.insert(key, (row.watermark, texts));
                }
            }
            Err(row) => {
                open.insert((rejected_key(source, &row), row.reason.clone(), row.json(source)));
            }
        }
    }
    (rows.into_iter().map(|(key, (_, row))| (key, row)).collect(), open)
}

/// The name of a rejected row in the open list. This is its key as JSON, or its original values if a part of
/// the key cannot be read.
fn rejected_key(source: &Source, row: &RejectedRow) -> String {
    let values =
        source.columns.iter().zip(&row.values).filter(|(column, _)| source.key.contains(&column.source)).map(
            |(_, value)| match value {
                Value::Text(text) => Some(serde_json::Value::from(text.as_str()).to_string()),
                Value::Whole(value) => Some(value.to_string()),
                Value::Date(date) => Some(format!("\"{date}\"")),
                _ => None,
            },
        );
    values
        .collect::<Option<Vec<_>>>()
        .map_or_else(|| row.json(source), |parts| format!("[{}]", parts.join(",")))
}

/// Checks that every job has come to an end, also those that died.
async fn check_records(factory: &Small) -> Result<(), String> {
    let (lake, now) = (factory.lake(), factory.clock.now());
    let living = lake.living_job(now, "").await.map_err(said)?;
    ensure(living.is_none(), || format!("a job is still said to live: {living:?}"))?;
    for listed in factory.store.list("factory=test/runs/", None).await.map_err(said)? {
        let name = listed.key.rsplit('/').next().and_then(|name| name.strip_suffix(".json"));
        let job = lake.job(name.unwrap_or_default()).await.map_err(said)?;
        let StoredJob { record, lease }: StoredJob<JobRecord> =
            job.ok_or("a record that is listed is not there")?;
        let record = record.seen_at(now, lease.map(|lease| lease.expires_at));
        ensure(record.status != "running" && record.finished_at.is_some(), || {
            format!("{} is still {}", listed.key, record.status)
        })?;
    }
    Ok(())
}

async fn check_segments(
    factory: &Small,
    lake: &Lake,
    manifest: &Manifest,
    source: &'static Source,
) -> Result<(), String> {
    let numbers = lake.segments_after(source.staging, 0).await.map_err(said)?;
    ensure(numbers.iter().copied().eq(1..=numbers.len() as u64), || {
        format!("raw/{}: the segments are {numbers:?}", source.staging)
    })?;
    let applied = manifest.tables.get(source.staging).map_or(0, |table| table.applied);
    ensure(applied == numbers.len() as u64, || {
        format!("raw/{}: {} segments, {applied} are applied", source.staging, numbers.len())
    })?;
    for number in numbers {
        let segment = lake.segment(source.staging, number, None).await.map_err(said)?;
        if let Some(csv) = rejected_csv(source, &segment.frame).map_err(said)? {
            let key = format!(
                "factory={}/rejected/{}/{number:08}.csv",
                factory.settings.factory_id, source.staging
            );
            let lies = factory.store.get(&key).await.map_err(said)?;
            ensure(lies.is_some_and(|object| object.bytes == csv), || {
                format!("`{key}` is not what segment {number} rejected")
            })?;
        }
    }
    Ok(())
}

async fn all_marts(
    lake: &Lake,
    manifest: &Manifest,
) -> Result<BTreeMap<&'static str, BTreeSet<Vec<String>>>, String> {
    let mut all = BTreeMap::new();
    for mart in marts::ALL {
        let mut rows = BTreeSet::new();
        for part in
            manifest.marts.get(mart.name).ok_or_else(|| format!("there is no mart {}", mart.name))?.values()
        {
            for row in rows_of(&lake.mart_part(part, None).await.map_err(said)?) {
                ensure(rows.insert(row.clone()), || format!("marts/{}: {row:?} is there twice", mart.name))?;
            }
        }
        all.insert(mart.name, rows);
    }
    Ok(all)
}

/// Says where staging differs from what the segments of `raw/` give when they are folded from nothing.
pub async fn check_staging_follows_raw(factory: &Small) -> Result<(), String> {
    let fresh = MemoryStore::new();
    for listed in factory.store.list("factory=test/raw/", None).await.map_err(said)? {
        let object = factory
            .store
            .get(&listed.key)
            .await
            .map_err(said)?
            .ok_or("a segment that is listed is not there")?;
        fresh.put(&listed.key, object.bytes, &object.metadata, PutMode::Create).await.map_err(said)?;
    }
    let (lake, again) = (factory.lake(), factory.lake_over(fresh));
    let stamp = JobStamp {
        job_id: "again".to_owned(),
        started_at: factory.clock.now().fixed_offset(),
        zone: factory.settings.factory_tz,
    };
    stage(&again, &stamp, Search::default()).await.map_err(said)?;
    for source in ALL {
        let (held, folded) = (all_staged(&lake, source).await?, all_staged(&again, source).await?);
        differ(&format!("staging/{} against its segments", source.staging), &folded, &held)?;
    }
    Ok(())
}

async fn all_staged(lake: &Lake, source: &Source) -> Result<BTreeSet<Vec<String>>, String> {
    let mut all = BTreeSet::new();
    for part in lake.staging_parts(source.staging).await.map_err(said)? {
        let rows = lake
            .held(source.staging, Slot::Part(&part), None)
            .await
            .map_err(said)?
            .ok_or("a part that is listed is not there")?;
        all.extend(rows_of(&rows.frame));
    }
    Ok(all)
}

/// Says where the copies at fixed keys differ from the current parts. Each part must have its copy, and there
/// must be no other copy.
pub async fn check_published(store: &MemoryStore, manifest: &Manifest) -> Result<(), String> {
    let folder = |name: &str| format!("factory=test/{name}");
    let mut expected = BTreeSet::new();
    for (mart, parts) in &manifest.marts {
        for (part, current) in parts {
            let key = folder(&format!("published/{mart}/{part}/part.parquet"));
            let (copy, current) =
                (store.get(&key).await.map_err(said)?, store.get(&folder(&current.key)).await.map_err(said)?);
            let (Some(copy), Some(current)) = (copy, current) else {
                return Err(format!("`{key}` or what it is a copy of is not there"));
            };
            ensure(copy.bytes == current.bytes, || {
                format!("`{key}` is not the current part but {:?}", copy.metadata)
            })?;
            expected.insert(key);
        }
    }
    let listed = store
        .list(&folder("published/"), None)
        .await
        .map_err(said)?
        .into_iter()
        .map(|object| object.key)
        .collect();
    differ("published", &expected, &listed)
}

fn differ<T: Ord + std::fmt::Debug>(
    what: &str,
    expected: &BTreeSet<T>,
    found: &BTreeSet<T>,
) -> Result<(), String> {
    let missing: Vec<_> = expected.difference(found).take(2).collect();
    let extra: Vec<_> = found.difference(expected).take(2).collect();
    ensure(missing.is_empty() && extra.is_empty(), || {
        format!("{what}: missing {missing:?}, too many {extra:?}")
    })
}

fn ensure(holds: bool, complaint: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(complaint()) }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
