//! The group-commit thread: many producers, back-pressure, a full disk, a failing flush, a gentle stop.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use tg_journal::sim::{Crash, SimDisk};
use tg_journal::{
    Ack, Batch, Consumer, Disk, Durable, DurableBatch, Journal, Log, LogFailure, LogHandle, LogOptions,
    MasterKey, Options, RealDisk, SubmitError, record, system_clock, system_randomness,
};

const SEGMENT_BYTES: u64 = 64 << 10;

fn key() -> Arc<MasterKey> {
    Arc::new(MasterKey::new(1, &mut [3; 32]))
}

fn options() -> Options {
    Options { segment_bytes: SEGMENT_BYTES, spares_max: 2, keep_free_bytes: 0 }
}

fn open<D: Disk>(disk: &Arc<D>) -> Journal<D> {
    Journal::open(disk.clone(), key(), options(), system_randomness()).expect("opens").0
}

fn batch(bodies: &[&[u8]], ack: Option<Ack>) -> Batch {
    let mut records = Vec::new();
    bodies.iter().for_each(|body| record::push(&mut records, body));
    Batch { records, count: bodies.len() as u32, ack }
}

type Answer = Result<Durable, LogFailure>;

fn acknowledged(to: &Sender<Answer>) -> Option<Ack> {
    let to = to.clone();
    Some(Box::new(move |answer| to.send(answer).expect("the test listens")))
}

fn collector() -> (Consumer, Receiver<DurableBatch>) {
    let (sender, receiver) = channel();
    (Box::new(move |batch| sender.send(batch).is_ok()), receiver)
}

/// A consumer that waits for a word before each batch: a full engine.
fn gated() -> (Consumer, Sender<()>, Arc<AtomicUsize>) {
    let (open, gate) = channel::<()>();
    let entered = Arc::new(AtomicUsize::new(0));
    let counter = entered.clone();
    let consumer = Box::new(move |_| {
        counter.fetch_add(1, SeqCst);
        gate.recv().is_ok()
    });
    (consumer, open, entered)
}

fn wait_until(mut done: impl FnMut() -> bool) {
    while !done() {
        std::thread::yield_now();
    }
}

#[test]
fn every_record_of_many_producers_is_durable_handed_over_and_acknowledged_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let disk = Arc::new(RealDisk::open(folder.path()).expect("opens"));
    let (consumer, consumed) = collector();
    let (log, handle) =
        Log::start(open(&disk), LogOptions { queue_bytes_max: 8 << 10 }, system_clock(), consumer)
            .expect("starts");
    let (acks, answers) = channel::<(String, Durable)>();
    std::thread::scope(|scope| {
        for producer in 0..8 {
            let (handle, acks) = (handle.clone(), acks.clone());
            scope.spawn(move || {
                for n in 0..150 {
                    let body = format!("{producer}/{n}/{}", "x".repeat(n * 7));
                    let (acks, name) = (acks.clone(), body.clone());
                    let ack: Ack = Box::new(move |d| acks.send((name, d.expect("durable"))).expect("heard"));
                    handle.submit_blocking(batch(&[body.as_bytes(), b"second"], Some(ack))).expect("taken");
                    if n % 40 == 0 {
                        handle.release(n as u64 * 10);
                    }
                }
            });
        }
    });
    log.stop().expect("stops gently");
    drop(acks);

    let consumed: Vec<DurableBatch> = consumed.iter().collect();
    let mut by_offset = Vec::new();
    let mut last_time = 0;
    for batch in &consumed {
        assert_eq!(batch.first_offset, by_offset.len() as u64, "handed over in order, once");
        for (time, body) in record::iter(&batch.payload) {
            assert!(time >= last_time && time >= batch.first_log_time_us && time <= batch.last_log_time_us);
            last_time = time;
            by_offset.push((time, body.to_vec()));
        }
    }
    assert_eq!(by_offset.len(), 8 * 150 * 2);
    let mut answers: Vec<_> = answers.iter().collect();
    assert_eq!(answers.len(), 8 * 150, "each acknowledged once");
    for (name, durable) in &answers {
        let (time, body) = &by_offset[durable.first_offset as usize];
        assert_eq!((body.as_slice(), *time, durable.count), (name.as_bytes(), durable.log_time_us, 2));
        assert_eq!(by_offset[durable.first_offset as usize + 1].1, b"second");
    }
    answers.sort_by_key(|(_, durable)| durable.first_offset);
    answers.dedup_by_key(|(_, durable)| durable.first_offset);
    assert_eq!(answers.len(), 8 * 150, "no place given twice");

    let journal = open(&disk);
    assert!(journal.first_offset() > 0, "something was released");
    let mut reader = journal.reader(journal.first_offset()).expect("reads");
    let mut offset = journal.first_offset();
    while let Some(stored) = reader.next_batch().expect("whole") {
        for record in record::iter(&stored.payload) {
            assert_eq!(
                (record.0, record.1),
                (by_offset[offset as usize].0, by_offset[offset as usize].1.as_slice())
            );
            offset += 1;
        }
    }
    assert_eq!(offset, by_offset.len() as u64);
    let metrics = handle.metrics().view();
    assert_eq!((metrics.records, metrics.batches), (2400, consumed.len() as u64));
    assert_eq!(metrics.flush_us.iter().map(|(_, n)| n).sum::<u64>(), metrics.batches);
    assert!(!metrics.failed && !metrics.disk_full);
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn a_full_queue_refuses_and_wakes_a_waiting_task() {
    let disk = Arc::new(SimDisk::new(1, 1 << 30));
    let (consumer, gate, entered) = gated();
    let (log, handle) =
        Log::start(open(&disk), LogOptions { queue_bytes_max: 100 }, system_clock(), consumer)
            .expect("starts");
    handle.try_submit(batch(&[b"held by the consumer"], None)).expect("taken");
    wait_until(|| entered.load(SeqCst) == 1);
    handle.try_submit(batch(&[&[1; 70]], None)).expect("there is room");
    assert!(matches!(handle.try_submit(batch(&[&[2; 70]], None)), Err(SubmitError::Full(b)) if b.count == 1));

    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut context = Context::from_waker(&waker);
    let mut waiting = pin!(handle.submit(batch(&[&[3; 70]], None)));
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    gate.send(()).expect("the consumer listens");
    wait_until(|| woken.0.load(SeqCst) == 1);
    assert!(matches!(waiting.as_mut().poll(&mut context), Poll::Ready(Ok(()))));
    gate.send(()).expect("the consumer listens");
    gate.send(()).expect("the consumer listens");
    log.stop().expect("stops");
    let metrics = handle.metrics().view();
    assert_eq!((metrics.refusals, metrics.records), (2, 3));
    assert!(metrics.queue_bytes_max <= 100);
    assert!(matches!(handle.try_submit(batch(&[b"late"], None)), Err(SubmitError::Closed(_))));
}

#[test]
fn feedback_goes_in_above_the_bound_so_the_consumer_never_waits_for_the_log() {
    let disk = Arc::new(SimDisk::new(2, 1 << 30));
    let own_handle: Arc<Mutex<Option<LogHandle>>> = Arc::default();
    let for_consumer = own_handle.clone();
    let (seen, offsets) = channel();
    let consumer: Consumer = Box::new(move |durable: DurableBatch| {
        let handle = for_consumer.lock().expect("no panic").clone().expect("set before the first batch");
        for (_, body) in record::iter(&durable.payload) {
            if body.starts_with(b"cause") {
                // More than the whole bound, and more than one segment holds.
                for _ in 0..5 {
                    handle.submit_feedback(batch(&[&[7; 30_000]], None)).expect("taken");
                }
            }
        }
        seen.send((durable.first_offset, durable.count)).is_ok()
    });
    let (log, handle) =
        Log::start(open(&disk), LogOptions { queue_bytes_max: 1000 }, system_clock(), consumer)
            .expect("starts");
    *own_handle.lock().expect("no panic") = Some(handle.clone());
    handle.try_submit(batch(&[b"cause"], None)).expect("taken");
    let mut total = 0;
    while total < 6 {
        let (first, count) = offsets.recv().expect("all come back");
        assert_eq!(first, total);
        total += u64::from(count);
    }
    log.stop().expect("stops");
    assert_eq!(open(&disk).durable_offset(), 6);
}

#[test]
fn a_full_disk_holds_everything_and_lets_it_go_when_there_is_room() {
    let disk = Arc::new(SimDisk::new(3, 1 << 30));
    let journal = open(&disk);
    // Room for what exists, not for another segment.
    disk.set_capacity(3 * SEGMENT_BYTES);
    let (consumer, consumed) = collector();
    let (log, handle) = Log::start(journal, LogOptions::default(), system_clock(), consumer).expect("starts");
    let (acks, answers) = channel();
    let mut sent = 0;
    while !handle.metrics().view().disk_full {
        handle.submit_blocking(batch(&[&[9; 20_000]], acknowledged(&acks))).expect("taken");
        sent += 1;
        let (sent_so_far, metrics) = (sent, handle.metrics());
        wait_until(|| metrics.view().records == sent_so_far || metrics.view().disk_full);
    }
    assert_eq!(answers.try_iter().filter(Result::is_ok).count() as u64, sent - 1, "only what is durable");
    disk.set_capacity(1 << 30);
    assert!(answers.recv().expect("comes").is_ok());
    assert!(!handle.metrics().view().disk_full);
    log.stop().expect("stops");
    assert_eq!(consumed.iter().map(|b| u64::from(b.count)).sum::<u64>(), sent);
    assert_eq!(open(&disk).durable_offset(), sent);
}

#[test]
fn stopping_while_the_disk_is_full_says_so_and_acknowledges_nothing() {
    let disk = Arc::new(SimDisk::new(4, 1 << 30));
    let journal = open(&disk);
    let (consumer, _consumed) = collector();
    let (log, handle) = Log::start(journal, LogOptions::default(), system_clock(), consumer).expect("starts");
    disk.set_full_writes(true);
    let (acks, answers) = channel();
    handle.try_submit(batch(&[b"waits in vain"], acknowledged(&acks))).expect("taken");
    wait_until(|| handle.metrics().view().disk_full);
    assert!(log.stop().is_err());
    assert_eq!(answers.recv().expect("told"), Err(LogFailure::StoppedWhileFull));
}

#[test]
fn after_a_failed_flush_nothing_is_acknowledged_any_more() {
    let disk = Arc::new(SimDisk::new(5, 1 << 30));
    let (consumer, consumed) = collector();
    let (log, handle) =
        Log::start(open(&disk), LogOptions::default(), system_clock(), consumer).expect("starts");
    let (acks, answers) = channel();
    handle.try_submit(batch(&[b"good"], acknowledged(&acks))).expect("taken");
    assert!(answers.recv().expect("told").is_ok());
    disk.fail_sync_at(disk.operations() + 1);
    handle.try_submit(batch(&[b"bad"], acknowledged(&acks))).expect("taken");
    // The helper's flushes may meet the planned failure first; then the log goes on and the next one fails.
    if answers.recv().expect("told").is_ok() {
        disk.fail_sync_at(disk.operations() + 1);
        handle.try_submit(batch(&[b"bad"], acknowledged(&acks))).expect("taken");
        assert!(matches!(answers.recv().expect("told"), Err(LogFailure::Disk(_))));
    }
    wait_until(|| handle.metrics().view().failed);
    wait_until(|| matches!(handle.try_submit(batch(&[b"more"], None)), Err(SubmitError::Closed(_))));
    assert!(log.stop().is_err());
    let handed_over: u64 = consumed.iter().map(|b| u64::from(b.count)).sum();
    // The next process, without what is still planned for this one.
    disk.restart(Crash::Power);
    assert!(handed_over <= open(&disk).durable_offset(), "nothing was handed over that is not there");
}

#[test]
fn log_time_never_falls_even_if_the_clock_does_and_across_a_restart() {
    let disk = Arc::new(SimDisk::new(6, 1 << 30));
    let mut times = Vec::new();
    for readings in [[50, 40, 60], [10, 55, 70]] {
        let now = Arc::new(AtomicI64::new(0));
        let clock = now.clone();
        let (consumer, _consumed) = collector();
        let (log, handle) =
            Log::start(open(&disk), LogOptions::default(), Box::new(move || clock.load(SeqCst)), consumer)
                .expect("starts");
        let (acks, answers) = channel();
        for reading in readings {
            now.store(reading, SeqCst);
            handle.try_submit(batch(&[b"r"], acknowledged(&acks))).expect("taken");
            times.push(answers.recv().expect("told").expect("durable").log_time_us);
        }
        log.stop().expect("stops");
    }
    assert_eq!(times, [50, 50, 60, 60, 60, 70]);
}

#[test]
fn records_that_are_not_whole_are_refused() {
    let disk = Arc::new(SimDisk::new(7, 1 << 30));
    let (consumer, _consumed) = collector();
    let (log, handle) =
        Log::start(open(&disk), LogOptions::default(), system_clock(), consumer).expect("starts");
    let mut wrong = vec![batch(&[], None), batch(&[b"a", b"b"], None), batch(&[b"a"], None)];
    wrong[1].count = 3;
    wrong[2].records.pop();
    for batch in wrong {
        assert!(matches!(handle.try_submit(batch), Err(SubmitError::Malformed(_))));
    }
    let large = batch(&[&vec![0; SEGMENT_BYTES as usize]], None);
    assert!(matches!(handle.try_submit(large), Err(SubmitError::TooLarge(_))));
    log.stop().expect("stops");
}
