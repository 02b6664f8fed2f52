//! The program `tideline`.

fn main() -> std::process::ExitCode {
    tideline::program()
}
