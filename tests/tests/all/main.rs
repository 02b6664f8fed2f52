//! The integration tests, in one program so that it is linked once.

/// Makes two tests of each of these functions: one reads the SQLite file, one reads it over TDS.
macro_rules! over_both_ways {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(tests::factory::ErpAccess::Sqlite).await;
            })+
        }
        mod over_tds {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(tests::factory::ErpAccess::SqlServer).await;
            })+
        }
    };
}

mod abuse;
mod allergens;
mod bad_input;
mod belonging;
mod bookings;
mod browser;
mod clock;
mod command_line;
mod compliance;
mod corrections;
mod deletions;
mod disk_full;
mod doctor;
mod doctor_lake;
mod embedded_s3;
mod faults;
mod generated;
mod healing;
mod http_unit;
mod job_records;
mod judge;
mod lambda_watch;
mod marts;
mod moved_days;
mod nightly;
mod ocm_only;
mod openapi;
mod paging;
mod pipeline;
mod pipeline_api;
mod races;
mod random_edits;
mod reports;
mod rights;
mod s3_abuse;
mod schedules;
mod schema;
mod secret;
mod secrets;
mod settings;
mod shift_now;
mod sql_server;
mod sql_server_sandbox;
mod stamps;
mod statements;
mod storage;
mod storage_client;
mod storage_killed;
mod tds_endpoint;
mod temperatures;
mod trace;
mod upgrade;
mod wire;
