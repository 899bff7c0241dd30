//! How long a large statement takes: `cargo run --release -p tg-statement --example statement_figures [ROWS]`.
//!
//! Why it exists: the figure in `docs/benchmarks.md` is made by it.

use std::fmt::Write;
use std::time::Instant;

fn main() {
    let rows: u32 = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(50_000);
    let mut file = String::from(
        "支付宝交易明细\n交易时间,交易分类,交易对方,对方账号,商品说明,收/支,金额,收/付款方式,交易状态,交易订单号,商家订单号,备注\n",
    );
    for n in 0..rows {
        let (day, minute) = (n / 60 % 28 + 1, n % 60);
        let month = n / 1_680 % 12 + 1;
        let year = 2000 + n / 20_160;
        let shop = n * 2_654_435_761_u32.wrapping_mul(n + 1) % 400;
        let _ = writeln!(
            file,
            "{year}-{month:02}-{day:02} {:02}:{minute:02}:00,餐饮,商户{shop},a***,第{n}单,支出,{}.{:02},余额,交易成功,2024{n},M{n},",
            n % 24,
            n % 500,
            n % 100
        );
    }
    let bytes = encoding_rs::GB18030.encode(&file).0.into_owned();
    let begun = Instant::now();
    match tg_statement::examine(&bytes) {
        Ok(s) => println!(
            "{} rows, {} bytes, {} findings: {:?}",
            s.transactions.len(),
            bytes.len(),
            s.findings.len(),
            begun.elapsed()
        ),
        Err(refused) => println!("{refused:?}"),
    }
}
