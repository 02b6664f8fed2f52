//! A bad line between a job and a real S3 endpoint, with everything that the AWS SDK does about it. The SDK
//! mends what it can. What it cannot mend fails the job, and the next job brings everything right.

use std::sync::Arc;
use std::time::Instant;

use futures::{StreamExt, stream};
use lake::{Lake, Mode, PutMode, Store};
use tempfile::TempDir;
use tests::factory::moment;
use tests::faults::small::Small;
use tests::faults::{Goal, Outage, Unharmed, Wire, see_one_version};
use tideline::s3::{BUCKET, Server};
use warehouse::sources::{ALL, Owner, RUN_INPUTS};

const OUTAGES: [Outage; 6] = [
    Outage::LostRequest,
    Outage::LostAnswer,
    Outage::Refused(500, "InternalError"),
    Outage::Refused(503, "SlowDown"),
    Outage::DoneButRefused(500, "InternalError"),
    Outage::Refused(409, "ConditionalRequestConflict"),
];

/// How often the client tries a request.
const ATTEMPTS: usize = 3;
/// How often the client tries a conditional write that meets another one.
const CONFLICT_ATTEMPTS: usize = 5;

fn factory() -> Small {
    let tables = ALL.into_iter().filter(|source| source.owner == Owner::Erp || *source == &RUN_INPUTS);
    let factory = Small::new(moment("2026-11-20T14:00:00"), tables, |_| true);
    factory.execute(
        "INSERT INTO RunNumber (RunNumber, ProductionDate, Description, Complete, Created) VALUES ('1', '2026-11-20', 'cod loin', 1, '2026-11-20 06:00:00');
         INSERT INTO run_inputs (input_id, run_number, qty_kg, updated_at) VALUES
            (1, '1', 20, '2026-11-20 13:00:00'), (2, '1', 30, '2026-11-20 13:00:00'), (3, '1', 'x', '2026-11-20 13:00:00'), (4, '1', 5, '2026-11-20 13:00:00')",
    );
    factory
}

/// A lake at the other end of a line.
struct Far {
    wire: Wire,
    server: Server,
    _folder: TempDir,
}

impl Far {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path()).await.unwrap();
        Self { wire: Wire::to(&server).await.unwrap(), server, _folder: folder }
    }

    /// Runs one job over the line. An error says why it did not go well.
    async fn run(&self, factory: &Small) -> Result<(), String> {
        let mut client = factory.client(Arc::new(Unharmed));
        client.lake = Lake::new(Arc::new(self.wire.store()), "", &factory.settings.factory_id);
        let record = client.run(Mode::Incremental).await;
        if record.status == "ok" { Ok(()) } else { Err(record.error.unwrap_or_default()) }
    }

    /// Copies all objects into the factory's own storage, to be looked at.
    async fn fetch_all(&self, factory: &Small) {
        let far = self.server.store(BUCKET);
        for listed in far.list("", None).await.unwrap() {
            let object = far.get(&listed.key).await.unwrap().unwrap();
            factory.store.put(&listed.key, object.bytes, &object.metadata, PutMode::Overwrite).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_line_to_the_storage_is_mended_or_fails_the_job_and_harms_nothing() {
    let started = Instant::now();
    let factory = factory();
    let far = Far::new().await;
    far.run(&factory).await.unwrap();
    let (requests, conditional) = far.wire.requests();
    let goal = Goal::of(&factory).await;

    // Each outage strikes at three places of the job. At some it strikes once, so that the client mends it.
    // At the others it strikes as often as the client tries.
    let scenes = OUTAGES.into_iter().enumerate().flat_map(|(i, outage)| {
        let of_conditions = outage == Outage::Refused(409, "ConditionalRequestConflict");
        let (calls, attempts) =
            if of_conditions { (conditional, CONFLICT_ATTEMPTS) } else { (requests, ATTEMPTS) };
        (0..3).map(move |place| {
            (
                outage,
                1 + (calls - 1) * (2 * (place * 6 + i) + 1) / 36,
                if (place + i) % 2 == 0 { 1 } else { attempts },
            )
        })
    });
    let scenes: Vec<_> = scenes.collect();
    let played = stream::iter(&scenes).map(|(outage, n, times)| {
        let (factory, goal) = (factory.fork(), &goal);
        async move {
            let far = Far::new().await;
            far.wire.strike(*n, *times, *outage);
            let outcome = far.run(&factory).await;
            let name = format!("{outage:?} {times} times from request {n} of {requests}");
            assert!(*times > 1 || outcome.is_ok(), "{name}: the client could have mended it: {outcome:?}");
            far.wire.strike(0, 1, *outage);
            see_one_version(&Lake::new(Arc::new(far.wire.store()), "", &factory.settings.factory_id), None)
                .await
                .unwrap_or_else(|c| panic!("{name}: {c}"));
            factory.set_now(moment("2026-11-20T15:10:00"));
            far.run(&factory).await.unwrap_or_else(|error| panic!("{name}: the next run: {error}"));
            far.fetch_all(&factory).await;
            goal.check(&factory, Some(factory.local_now()))
                .await
                .unwrap_or_else(|complaint| panic!("{name}: {complaint}"));
            usize::from(outcome.is_err())
        }
    });
    let failed: usize = played.buffer_unordered(6).collect::<Vec<_>>().await.into_iter().sum();
    assert!(failed >= 4, "only {failed} jobs failed: the line was too good");
    println!(
        "{} outages at {requests} requests, {failed} of them failed the job, in {:.0} s",
        scenes.len(),
        started.elapsed().as_secs_f32()
    );
}
