//! The jobs, newest first, and one job. A page reads only the records that it shows, however many there are.

use std::cmp::Reverse;

use api::pipeline::{JobRecord, JobSummary};
use api::query::{NoQuery, shorten};
use futures::{StreamExt, TryStreamExt, stream};
use lake::is_job_id;
use serve::{Answer, Ask, Error, Result, State};

use crate::{data_as_of, record};

const READS_AT_ONCE: usize = 32;

pub(crate) async fn all(state: State, ask: Ask<NoQuery, Vec<JobSummary>>) -> Result<Answer> {
    let (lake, now, limit) = (state.lake(), state.now(), ask.limit());
    let before = ask.after::<Reverse<String>>()?.map(|Reverse(job_id)| job_id);
    let mut ids = lake.newest_jobs(before.as_deref(), limit + 1, now).await?;
    let more = ids.len() > limit;
    ids.truncate(limit);
    let last = ids.last().filter(|_| more).cloned().map(Reverse);
    let keyed = |record: JobRecord| (Reverse(record.job_id.clone()), JobSummary::from(record));
    // A record is several times as large as its line.
    let lines = stream::iter(ids)
        .map(|job_id| async move { Ok::<_, Error>(record::of(lake, &job_id, now).await?.map(keyed)) });
    let lines: Vec<_> = lines.buffered(READS_AT_ONCE).try_collect().await?;
    ask.page(lines.into_iter().flatten().collect(), last, data_as_of(&state).await?)
}

pub(crate) async fn one(state: State, ask: Ask<NoQuery, JobRecord>) -> Result<Answer> {
    let job_id = ask.value();
    let record = if is_job_id(job_id) { record::of(state.lake(), job_id, state.now()).await? } else { None };
    let unknown = || Error::Unknown(format!("there is no run `{}` of the pipeline", shorten(job_id)));
    let record = record.ok_or_else(unknown)?;
    ask.object(record, data_as_of(&state).await?)
}
