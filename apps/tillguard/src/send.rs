//! `tillguard send`: plays a recording to a feed and waits until everything is durable.

use crate::arguments::Send;
use crate::output::{Console, Done, INCOMPLETE, cant_read};
use serde::Serialize;
use std::io::BufReader;
use std::process::ExitCode;
use tg_ingest::{Recording, RecordingError, SendError};
use tg_text::{Problem, Text};

#[derive(Serialize)]
struct Summary {
    schema: &'static str,
    frames: u64,
    durable: u64,
    reconnects: u32,
    bad_lines: u64,
}

pub fn run(arguments: &Send, console: &Console) -> Done {
    let name = arguments.file.display().to_string();
    let file = std::fs::File::open(&arguments.file).map_err(|e| cant_read(&name, &e))?;
    let mut frames = Vec::new();
    let mut bad_lines = 0;
    for line in Recording::new(BufReader::new(file), &name) {
        match line {
            Ok(recorded) => frames.push(recorded.frame),
            Err(RecordingError::Io(e)) => return Err(cant_read(&name, &e)),
            Err(RecordingError::Line(problem)) => {
                bad_lines += 1;
                console.complain(&problem);
            }
        }
    }
    let total = frames.len();
    let sent = tg_ingest::send(arguments.to, &frames, |durable| {
        console.progress(&format!("{durable}/{total}"));
    });
    console.progress_done();
    let sent = sent.map_err(|error| match error {
        SendError::Connect(e) => {
            let what = Text::new(
                format!("连不上 {}：{e}", arguments.to),
                format!("can't connect to {}: {e}", arguments.to),
            );
            Box::new(Problem::new("TG-4002", what))
        }
        SendError::Unacknowledged(sent) => {
            let what = Text::new(
                format!("{} 条中已确认 {} 条", sent.frames, sent.durable),
                format!("{} of {} frames were acknowledged", sent.durable, sent.frames),
            );
            Box::new(Problem::new("TG-4003", what))
        }
    })?;
    let summary = Summary {
        schema: "tillguard.send/1",
        frames: sent.frames,
        durable: sent.durable,
        reconnects: sent.reconnects,
        bad_lines,
    };
    if console.json {
        console.print_json(&summary)?;
    } else {
        let line = console.lang.pick(
            format!("已发送 {} 条，全部已落盘。", sent.frames),
            format!("{} frames sent, all durable.", sent.frames),
        );
        console.print(&line)?;
    }
    Ok(if bad_lines > 0 { ExitCode::from(INCOMPLETE) } else { ExitCode::SUCCESS })
}
