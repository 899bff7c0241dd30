//! `tillguard`: the command line. Wiring only: each command reads its arguments, calls a library, prints.
//!
//! Must never print a clear card number, and never say "done" (exit code 0) when it was not. Exit codes:
//! 0 done, 1 only where a command says so, 2 wrong use, 3 incomplete.

mod arguments;
mod bench;
mod bench_diagnose;
mod bench_fleet;
mod bench_latency;
mod bench_qr;
mod decode;
mod demo;
mod diagnose;
mod doctor;
mod explain;
mod locate;
mod lure;
mod output;
mod qr;
mod replay;
mod rules;
mod send;
mod serve;
mod sim;
mod statement;

use arguments::{Arguments, Command};
use clap::Parser;
use output::Console;
use std::process::ExitCode;

fn main() -> ExitCode {
    guard_memory();
    let arguments = Arguments::parse();
    let console = Console::new(arguments.lang, arguments.json);
    let done = match arguments.command {
        Command::Decode(a) => decode::run(&a, &console),
        Command::Explain(a) => explain::run(&a, &console),
        Command::Diagnose(a) => diagnose::run(&a, &console),
        Command::Lure(a) => lure::run(&a, &console),
        Command::Qr(a) => qr::run(&a, &console),
        Command::Statement(a) => statement::run(&a, &console),
        Command::Locate(a) => locate::run(&a, &console),
        Command::Rules(a) => rules::run(&a, &console),
        Command::Serve(a) => serve::run(a, &console),
        Command::Send(a) => send::run(&a, &console),
        Command::Replay(a) => replay::run(&a, &console),
        Command::Demo(a) => demo::run(&a, &console),
        Command::Bench(a) => bench::run(&a, &console),
        Command::Doctor(a) => doctor::run(&a, &console),
        Command::Sim(a) => sim::run(&a, &console),
        Command::SimTown(a) => demo::run_town(&a),
    };
    match done {
        Ok(code) => code,
        Err(problem) => console.fail(&problem),
    }
}

/// Memory holds clear card numbers for moments: no core dump may catch them, no other process of the user
/// may look.
fn guard_memory() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let _ = setrlimit(Resource::Core, none);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
