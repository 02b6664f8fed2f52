//! What the program takes under a load that no factory has: measured, and printed for whoever compares it
//! with another version. `TIDELINE_PROGRAM` names the program, such as one that was built for release.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures::future::join_all;
use tests::is_all;
use tokio::net::TcpStream;

use super::asked_at_once::{HEAVY, ask_at_once, do_a_job};
use super::program::{Program, fill, named};
use super::raw::{HALF_A_HEAD, answer, begun, get, status};

/// As many days as the demo has.
const DAYS: u32 = 90;

/// What a program that was built for release may have in memory, whatever is asked.
const MEMORY_MB: u64 = 300;

#[tokio::test(flavor = "multi_thread")]
async fn under_any_load_that_is_made_here_light_requests_are_answered_and_jobs_go_on() {
    if !is_all() {
        return;
    }
    tideline::server::raise_open_files();
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), DAYS);
    let program = Program::serve(folder.path(), None);
    let addr = program.addr;
    measured(&program, "nothing else", async || ()).await;
    drop(measured(&program, "300 half-sent heads", async || left(addr, 300, HALF_A_HEAD).await).await);
    drop(measured(&program, "10,000 idle connections", async || left(addr, most_of(10_000), "").await).await);
    let [answered, told_to_come_again] =
        measured(&program, "200 heavy requests at once", async || ask_at_once(addr, 200).await).await;
    println!("    {answered} answered, {told_to_come_again} told to come again");
    let unread = async || join_all((0..300).map(|i| ask_and_leave(addr, i))).await;
    drop(measured(&program, "300 answers that nobody reads", unread).await);
    do_a_job(addr).await;
    let peak_mb = program.peak_mb();
    println!("after a job: peak {peak_mb:?} MB");
    if named().is_some() {
        assert!(peak_mb.is_none_or(|peak_mb| peak_mb <= MEMORY_MB), "{peak_mb:?} MB");
    }
}

async fn left(addr: SocketAddr, connections: usize, sent: &str) -> Vec<TcpStream> {
    let mut left = Vec::new();
    for _ in 0..connections {
        left.push(begun(addr, sent).await);
    }
    left
}

async fn ask_and_leave(addr: SocketAddr, i: usize) -> TcpStream {
    begun(addr, &get(addr, HEAVY[i % HEAVY.len()])).await
}

/// So many connections, or what this process itself may have.
fn most_of(connections: usize) -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let own: usize =
        line.and_then(|line| line.split_whitespace().next()).and_then(|own| own.parse().ok()).unwrap_or(1024);
    connections.min(own.saturating_sub(500))
}

/// Puts a load on the program, and asks for `/health` all the while and some time longer.
async fn measured<T>(program: &Program, load: &str, put: impl AsyncFnOnce() -> T) -> T {
    const LEAST: usize = 100;
    let (mut took_ms, mut most_open) = (Vec::new(), None);
    let ask = async |took_ms: &mut Vec<f64>| {
        let began = Instant::now();
        assert_eq!(status(&answer(program.addr, &get(program.addr, "/health")).await), 200, "{load}");
        took_ms.push(began.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let put = put();
    tokio::pin!(put);
    let done = loop {
        tokio::select! {
            biased;
            () = ask(&mut took_ms) => most_open = most_open.max(program.open_files()),
            done = &mut put => break done,
        }
    };
    while took_ms.len() < LEAST {
        ask(&mut took_ms).await;
        most_open = most_open.max(program.open_files());
    }
    took_ms.sort_by(f64::total_cmp);
    let at = |hundredths: usize| took_ms[(took_ms.len() - 1) * hundredths / 100];
    println!(
        "{load}: /health {} times, p50 {:.1} ms, p99 {:.1} ms; at most {most_open:?} files open, peak {:?} MB",
        took_ms.len(),
        at(50),
        at(99),
        program.peak_mb()
    );
    done
}
