//! The program `tideline`, built beside the tests that start and kill it.

fn main() -> std::process::ExitCode {
    tideline::program()
}
