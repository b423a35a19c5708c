//! The `lookback` program: reads its command line and hands over to the library.

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    lookback::cli::run(lookback::cli::Cli::parse()).await
}
