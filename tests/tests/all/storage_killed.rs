//! Two programs write into one lake folder and are killed, again and again. What they leave must be whole,
//! and nothing may be done twice or lost.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use lake::Store;
use tests::storage_suite::is_whole;
use tideline::s3::{BUCKET, Server};

const ROUNDS: usize = 40;

/// What all writers so far have said that the storage confirmed.
#[derive(Default)]
struct Said {
    /// The name of the writer that created each number.
    created: BTreeMap<usize, String>,
    counted: usize,
    lives: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_killed_at_any_moment_leave_every_object_whole_and_nothing_done_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = Said::default();
    for round in 0..ROUNDS {
        let names = [0, 1].map(|writer| format!("{round}-{writer}"));
        let mut writers = names.clone().map(|name| start(folder.path(), &name));
        // Some writers die before they have begun.
        let ready =
            if round % 8 == 7 { [None, None] } else { writers.each_mut().map(|(_, out)| Some(line(out))) };
        assert!(ready.iter().flatten().all(|line| line == "ready"), "{ready:?}");
        for (writer, _) in &mut writers {
            tokio::time::sleep(Duration::from_millis(RandomState::new().hash_one(round) % 120)).await;
            writer.kill().unwrap();
            writer.wait().unwrap();
        }
        for (name, (_, out)) in names.iter().zip(&mut writers) {
            said.take(name, out);
        }
        check(folder.path(), &said).await;
    }
    assert!(
        said.created.len() > ROUNDS && said.counted > ROUNDS,
        "the writers hardly wrote: the test proves nothing"
    );
}

fn start(folder: &Path, name: &str) -> (Child, BufReader<ChildStdout>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_storage_writer"));
    let mut writer =
        command.arg(folder).arg(name).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(writer.stdout.take().unwrap());
    (writer, out)
}

fn line(out: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

impl Said {
    fn take(&mut self, name: &str, out: &mut BufReader<ChildStdout>) {
        self.lives += 1;
        for line in out.lines().map(Result::unwrap) {
            match line.strip_prefix("created ") {
                Some(number) => {
                    let before = self.created.insert(number.parse().unwrap(), name.to_owned());
                    assert_eq!(before, None, "{number} was created again by {name}");
                }
                None => self.counted += usize::from(line == "counted"),
            }
        }
    }
}

/// Looks at the lake through a server that has just started.
async fn check(folder: &Path, said: &Said) {
    let server = Server::start(folder).await.unwrap();
    let store = server.store(BUCKET);
    let mut created = 0;
    for listed in store.list("", None).await.unwrap() {
        if listed.key == "counter" {
            continue;
        }
        let object = store.get(&listed.key).await.unwrap().expect("a listed object is there");
        assert!(
            is_whole(&object),
            "`{}` has {} bytes and {:?}",
            listed.key,
            object.bytes.len(),
            object.metadata
        );
        assert_eq!(
            std::fs::read(folder.join(&listed.key)).unwrap(),
            object.bytes,
            "`{}` lies there otherwise",
            listed.key
        );
        if let Some(number) = listed.key.strip_prefix("created/") {
            created += 1;
            let creator = said.created.get(&number.parse().unwrap());
            assert!(
                creator.is_none_or(|name| object.metadata["writer"] == *name),
                "{number}: {creator:?}, {:?}",
                object.metadata
            );
        }
    }
    // Each writer may have done one thing more than it could say.
    assert!(
        (said.created.len()..=said.created.len() + said.lives).contains(&created),
        "{created} created, {} said",
        said.created.len()
    );
    let Some(counter) = store.get("counter").await.unwrap() else {
        assert_eq!(said.counted, 0);
        return;
    };
    let counted: usize = String::from_utf8(counter.bytes).unwrap().parse().unwrap();
    assert!(
        (said.counted..=said.counted + said.lives).contains(&counted),
        "counted to {counted}, {} said",
        said.counted
    );
}
