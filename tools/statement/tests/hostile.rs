//! Any bytes give a statement or a refusal, never a panic, and no card number in clear.

use proptest::prelude::*;
use std::path::Path;
use tg_statement::examine;

fn samples() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("lists").map(|f| f.expect("an entry").path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e != "md"));
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let bytes = std::fs::read(path).expect("reads");
        if path.extension().is_some_and(|e| e == "hex") {
            let digits: Vec<u8> = bytes.into_iter().filter(u8::is_ascii_hexdigit).collect();
            return digits
                .chunks(2)
                .map(|p| u8::from_str_radix(std::str::from_utf8(p).expect("digits"), 16).expect("hex"))
                .collect();
        }
        bytes
    };
    files.iter().map(read).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400), head in 0usize..8) {
        let heads: [&[u8]; 8] = [b"", b"PK\x03\x04", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", b"<OFX>", b"!Type:Bank\n", b":20:x\n:60F:", b"<Document camt.053>", b"\xFF\xFE"];
        let _ = examine(&[heads[head], &bytes].concat());
    }

    #[test]
    fn texts_of_every_format(pieces in prop::collection::vec(prop::sample::select(vec![
        "<OFX>", "<STMTTRN>", "<DTPOSTED>", "20240101", "<TRNAMT>", "-1.00", "</STMTTRN>", "!Type:Bank\n", "D1/2'24\n", "T-5\n", "^\n",
        ":20:\n", ":61:", "240102", "D", "1,5", "NMSC", ":60F:C240101EUR", ":86:", "166?32é", "\n", ",", "中", "<Ntry>", "<Amt Ccy=\"", "camt.053",
        "交易时间,收/支,金额\n", "2024-01-01", "支出", "¥", "(", ")", "：", "收入：1笔 ", "元\n", "日期,金额,余额\n", "\"", "é", "共", "笔记录", "合计,1,2\n",
    ]), 0..40)) {
        let _ = examine(pieces.concat().as_bytes());
    }

    #[test]
    fn damaged_samples(which in 0usize..12, cut in any::<prop::sample::Index>(), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12)) {
        let mut bytes = samples().swap_remove(which);
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let end = cut.index(bytes.len());
        let _ = examine(&bytes);
        let _ = examine(&bytes[..end]);
    }
}
