//! The program `sql-server-sandbox`, built beside the tests that start it.

fn main() -> std::process::ExitCode {
    sql_server_sandbox::program()
}
