//! A decode allocates nothing once the plan of its bitmap is kept, neither for a sound message nor for one
//! that fails.
//!
//! Counting allocations takes a global allocator, and that trait is unsafe; so this one file allows it.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};
use tg_iso8583::{Decoder, sample};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Allocations during the work. One test in this file, so that no other thread counts along.
fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    work();
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

#[test]
fn decoding_allocates_nothing_after_warm_up() {
    let bytes = sample::message().expect("builds");
    let cut = &bytes[..bytes.len() - 5];
    let ascii: Vec<u8> =
        b"02003220000000808000000000000000012345112215304500001600TERM0001000000000000001".to_vec();
    let mut cup = Decoder::named(sample::DIALECT).expect("dialect");
    let mut iso = Decoder::named("iso87_ascii_hexbm").expect("dialect");
    cup.decode(&bytes).expect("decodes");
    iso.decode(&ascii).ok();
    assert!(allocations(|| drop(vec![1u8; 3])) > 0, "the counter counts");
    let count = allocations(|| {
        for _ in 0..100 {
            let message = cup.decode(&bytes).expect("decodes");
            let mut digits = [0; 40];
            assert_eq!(message.number(4), Some(12_345));
            assert!(message.field(35).and_then(|f| f.track_two()).is_some());
            assert!(message.field(2).is_some_and(|f| f.digits_into(&mut digits).is_some()));
            assert_eq!(message.text(41).as_deref(), Some("10016919"));
            std::hint::black_box(sample::record(&message));
            assert!(cup.decode(cut).is_err());
            std::hint::black_box(iso.decode(&ascii).is_ok());
        }
    });
    assert_eq!(count, 0);
}
