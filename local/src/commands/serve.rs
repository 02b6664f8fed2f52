//! `tideline serve`: API and dashboard, with jobs on a schedule.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::Router;
use chrono::Utc;
use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::hosts::{Hosts, only_as};
use crate::jobs::Jobs;
use crate::server::{self, Limits};
use crate::{app, place, schedule};

/// Options of serving.
#[derive(Debug, Args)]
pub struct Serve {
    /// The port on this machine
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// The address of this machine; 0.0.0.0 is all of them, for screens elsewhere in the network
    #[arg(long, default_value_t = LOCALHOST)]
    listen: IpAddr,
    /// Seconds between the starts of two runs
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// Only serve
    #[arg(long)]
    no_schedule: bool,
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let listener = listen(self.listen, self.port).await?;
        let settings = super::settings()?;
        let open = place::open(&super::ENVIRONMENT.lake(), &settings.factory_id).await?;
        let state =
            ::serve::State::new(open.lake.clone(), ::serve::Settings::read(&super::ENVIRONMENT)?, Utc::now);
        let nightly = super::nightly(&settings)?;
        let jobs = Jobs::new(open.lake.clone(), settings).with_comparisons(nightly);
        let router = guarded(&listener, app::app(state.clone(), super::page(), jobs.clone()), &state)?;
        println!("Tideline is on http://{}; stop with Ctrl-C", listener.local_addr()?);
        let scheduled = async {
            if self.no_schedule {
                std::future::pending::<()>().await;
            }
            schedule::run_every(&jobs, Duration::from_secs(self.every)).await;
        };
        tokio::select! {
            () = serve(listener, router) => {}
            () = scheduled => {}
        }
        jobs.abandon().await;
        Ok(())
    }
}

/// This machine alone.
pub(super) const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The app, for those alone who ask for this listener by one of its hosts.
pub(super) fn guarded(listener: &TcpListener, app: Router, state: &::serve::State) -> anyhow::Result<Router> {
    let hosts = Hosts::of(listener.local_addr()?).and_allowed(&super::ENVIRONMENT)?;
    Ok(only_as(hosts, state.settings().dashboard_origin.clone(), app))
}

/// Takes a port of this machine.
pub(super) async fn listen(address: IpAddr, port: u16) -> anyhow::Result<TcpListener> {
    let addr = SocketAddr::from((address, port));
    match TcpListener::bind(addr).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!(
                "port {port} is in use: stop the program that has it, or choose another with --port {}",
                port.wrapping_add(1).max(1024)
            )
        }
        Err(error) => Err(error).with_context(|| format!("`{addr}` cannot be listened on")),
    }
}

/// Serves until Ctrl-C or the system's request to stop; requests that have begun are answered.
pub(super) async fn serve(listener: TcpListener, router: Router) {
    const LAST_ANSWERS: Duration = Duration::from_secs(2);
    let stopping = Arc::new(Notify::new());
    let is_stopping = Arc::clone(&stopping);
    let stop = async move {
        stop_asked().await;
        println!("\nstopping");
        is_stopping.notify_one();
    };
    let too_long = async {
        stopping.notified().await;
        tokio::time::sleep(LAST_ANSWERS).await;
    };
    // Beside the jobs, in a task of its own: a job computes for a while without a pause, and nobody would be
    // let in meanwhile. The task ends with this set.
    let mut serving = JoinSet::new();
    serving.spawn(server::serve_app(listener, Limits::of_page(), router, stop));
    tokio::select! {
        _ = serving.join_next() => {}
        () = too_long => {}
    }
}

async fn stop_asked() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            return interrupt.await.unwrap_or_default();
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    interrupt.await.unwrap_or_default();
}
