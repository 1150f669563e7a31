//! The program `equipoise`. All of it is in the library, so that tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    equipoise::cli::main()
}
