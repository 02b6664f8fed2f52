//! The program `sql-server-sandbox`.

fn main() -> std::process::ExitCode {
    sql_server_sandbox::program()
}
