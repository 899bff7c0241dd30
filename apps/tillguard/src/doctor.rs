//! `tillguard doctor`: is this machine fit, and what to do where it isn't.

use crate::arguments::Doctor;
use crate::output::{Console, Done, cant_read};
use serde::Serialize;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;
use tg_text::Text;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
enum Grade {
    Good,
    Fair,
    Unfit,
}

#[derive(Serialize)]
struct Check {
    id: &'static str,
    grade: Grade,
    text: Text,
    advice: Option<Text>,
}

#[derive(Serialize)]
struct Report {
    schema: &'static str,
    fit: bool,
    checks: Vec<Check>,
}

pub fn run(arguments: &Doctor, console: &Console) -> Done {
    let folder = arguments.data.clone().unwrap_or_else(|| ".".into());
    let name = folder.display().to_string();
    let checks = vec![
        flush_time(&folder).map_err(|e| cant_read(&name, &e))?,
        free_space(&folder).map_err(|e| cant_read(&name, &e.into()))?,
        memory(),
        cores(),
        clock(),
        open_files(),
        core_dumps(),
    ];
    let fit = checks.iter().all(|c| c.grade != Grade::Unfit);
    if console.json {
        console.print_json(&Report { schema: "tillguard.doctor/1", fit, checks })?;
    } else {
        for c in &checks {
            let mark = match c.grade {
                Grade::Good => "✓",
                Grade::Fair => "!",
                Grade::Unfit => "✗",
            };
            console.print(&format!("{mark} {}", console.text(&c.text)))?;
            if let Some(advice) = &c.advice {
                console.print(&format!("  → {}", console.text(advice)))?;
            }
        }
    }
    Ok(if fit { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Overwrites 4 KiB in a file of its final length and flushes, as the journal does: 101 times.
fn flush_time(folder: &Path) -> std::io::Result<Check> {
    let file = tempfile::tempfile_in(folder)?;
    file.write_all_at(&[0; 64 * 1024], 0)?;
    file.sync_all()?;
    let mut times_us: Vec<u128> = Vec::new();
    for i in 0..101_u64 {
        let start = Instant::now();
        file.write_all_at(&[i as u8; 4096], (i % 16) * 4096)?;
        file.sync_data()?;
        times_us.push(start.elapsed().as_micros());
    }
    times_us.sort_unstable();
    let (median, worst) = (times_us[50], times_us[99]);
    let (grade, advice) = match median {
        0..20 => (
            Grade::Fair,
            Some(Text::fixed(
                "快得不像真的落盘：确认磁盘或虚拟机没有忽略刷盘（tmpfs、易失写缓存）。",
                "Too fast for a real flush: check that disk or hypervisor don't ignore flushes (tmpfs, volatile write cache).",
            )),
        ),
        20..5_000 => (Grade::Good, None),
        5_000..50_000 => (
            Grade::Fair,
            Some(Text::fixed(
                "确认延迟会升高；换用固态盘或带掉电保护的盘。",
                "Acknowledgements will be slow; use an SSD or a disk with power-loss protection.",
            )),
        ),
        _ => (
            Grade::Unfit,
            Some(Text::fixed("磁盘太慢，换一块盘。", "The disk is too slow; use another one.")),
        ),
    };
    let text = Text::new(
        format!("落盘一次（4 KiB）：中位 {median} 微秒，p99 {worst} 微秒"),
        format!("one flush (4 KiB): median {median} us, p99 {worst} us"),
    );
    Ok(Check { id: "flush", grade, text, advice })
}

fn free_space(folder: &Path) -> Result<Check, rustix::io::Errno> {
    let disk = rustix::fs::statvfs(folder)?;
    let free_mib = (disk.f_bavail * disk.f_frsize) >> 20;
    let (grade, advice) = match free_mib {
        0..512 => (
            Grade::Unfit,
            Some(Text::fixed(
                "至少留出 512 MiB，否则不能接收。",
                "Leave at least 512 MiB, or nothing can be accepted.",
            )),
        ),
        512..20_480 => (
            Grade::Fair,
            Some(Text::fixed(
                "日志默认最多用 16 GiB；空间不够时请设 limits.journal_bytes。",
                "The journal uses up to 16 GiB by default; set limits.journal_bytes if that doesn't fit.",
            )),
        ),
        _ => (Grade::Good, None),
    };
    let text = Text::new(format!("磁盘可用 {free_mib} MiB"), format!("{free_mib} MiB of disk free"));
    Ok(Check { id: "disk_free", grade, text, advice })
}

fn memory() -> Check {
    let info = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = |name: &str| -> u64 {
        let line = info.lines().find(|l| l.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
    };
    let (total, available) = (kib("MemTotal:") >> 10, kib("MemAvailable:") >> 10);
    let (grade, advice) = match available {
        0..256 => (
            Grade::Unfit,
            Some(Text::fixed("至少需要 256 MiB 可用内存。", "At least 256 MiB of free memory are needed.")),
        ),
        256..2048 => (
            Grade::Fair,
            Some(Text::fixed(
                "卡和终端很多时会吃紧：每张活跃卡约 160 字节，每笔约 24 字节。",
                "Tight with many cards and terminals: about 160 bytes an active card and 24 a payment.",
            )),
        ),
        _ => (Grade::Good, None),
    };
    let text = Text::new(
        format!("内存共 {total} MiB，可用 {available} MiB"),
        format!("memory: {total} MiB, {available} MiB available"),
    );
    Check { id: "memory", grade, text, advice }
}

fn cores() -> Check {
    let n = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let few = n < 2;
    Check {
        id: "cores",
        grade: if few { Grade::Fair } else { Grade::Good },
        text: Text::new(format!("{n} 个处理器核"), format!("{n} processor cores")),
        advice: few.then(|| {
            Text::fixed(
                "建议至少两核：落盘与判定各占一核。",
                "Two are better: one to make durable, one to judge.",
            )
        }),
    }
}

/// Whether the system says that its clock is kept in step (adjtimex: STA_UNSYNC clear).
fn clock() -> Check {
    let now = jiff::Timestamp::now();
    let year = now.strftime("%Y").to_string().parse::<i32>().unwrap_or(0);
    let synchronised =
        ["/run/systemd/timesync/synchronized", "/var/lib/chrony/drift", "/var/lib/ntp/ntp.drift"];
    let kept = synchronised.iter().any(|p| Path::new(p).exists());
    let (grade, advice) = match (year >= 2025, kept) {
        (false, _) => (
            Grade::Unfit,
            Some(Text::fixed("系统时间不对，先校时。", "The system's time is wrong; set it first.")),
        ),
        (true, false) => (
            Grade::Fair,
            Some(Text::fixed(
                "没有看到校时服务；请启用 NTP（systemd-timesyncd 或 chrony）。",
                "No time service was seen; enable NTP (systemd-timesyncd or chrony).",
            )),
        ),
        (true, true) => (Grade::Good, None),
    };
    Check {
        id: "clock",
        grade,
        text: Text::new(format!("系统时间 {now:.0}"), format!("system time {now:.0}")),
        advice,
    }
}

fn open_files() -> Check {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let few = limit.is_some_and(|n| n < 4096);
    let shown = limit.map_or("∞".to_owned(), |n| n.to_string());
    Check {
        id: "open_files",
        grade: if few { Grade::Fair } else { Grade::Good },
        text: Text::new(format!("可同时打开 {shown} 个文件"), format!("{shown} files may be open at once")),
        advice: few.then(|| {
            Text::fixed(
                "连接多时不够用：ulimit -n 65536。",
                "Not enough for many connections: ulimit -n 65536.",
            )
        }),
    }
}

fn core_dumps() -> Check {
    let off = rustix::process::getrlimit(rustix::process::Resource::Core).current == Some(0);
    Check {
        id: "core_dumps",
        grade: if off { Grade::Good } else { Grade::Unfit },
        text: match off {
            true => Text::fixed("本程序已关闭内存转储", "core dumps of this program are off"),
            false => Text::fixed("内存转储没有关掉", "core dumps are not off"),
        },
        advice: (!off).then(|| {
            Text::fixed("转储可能带出卡号：ulimit -c 0。", "A dump may hold card numbers: ulimit -c 0.")
        }),
    }
}
