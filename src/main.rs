//! The `lookback` program: hands over to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    lookback::cli::main()
}
