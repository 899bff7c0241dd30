//! `tillguard bench qr`: what the readers read of drawn scenes, and what a check costs.
//!
//! Why it exists: a change of the cascade is judged by these figures (docs/benchmarks.md). Drawn pictures show
//! behaviour; they say nothing of real photographs.

use crate::bench::Figure;
use std::time::Instant;
use tg_qr::scene::{CONDITIONS, Condition, Scene, plain, scene};
use tg_qr::{Picture, Place, check, read};

/// Pictures of each condition.
const PICTURES: u64 = 40;
const SEED: u64 = 20_251_122;

/// The figures; what goes wrong is told in the notes.
pub fn figures(notes: &mut Vec<String>) -> Vec<Figure> {
    let mut results = Vec::new();
    let (mut all_cost, mut rates, mut wrong) = (Vec::new(), Vec::new(), 0_usize);
    for (condition, name) in CONDITIONS {
        let (mut read_codes, mut codes) = (0_usize, 0_usize);
        for i in 0..PICTURES {
            let s = scene(condition, i as f32 / (PICTURES - 1) as f32, SEED + i, 960, 720);
            let begun = Instant::now();
            let found = read(&s.picture);
            all_cost.push(begun.elapsed().as_secs_f64() * 1e3);
            let (right, false_texts) = judge(&s, found.readings.iter().map(|r| r.text.as_str()));
            read_codes += right;
            codes += s.codes.len();
            wrong += false_texts + found.rivals.len();
        }
        let rate = 100.0 * read_codes as f64 / codes as f64;
        rates.push(rate);
        results.push(Figure::of(format!("read_{name}"), "% of codes", rate, rate, rate, codes));
    }
    let mean = rates.iter().sum::<f64>() / rates.len() as f64;
    results.push(Figure::of(
        "read_mean_of_conditions".to_owned(),
        "% of codes",
        mean,
        mean,
        mean,
        rates.len(),
    ));
    results.push(spread("picture_0.7_megapixels", "ms", &mut all_cost));
    results.push(large("photo_12_megapixels", Condition::Noise, 0.2));
    results.push(large("photo_12_megapixels_nothing_read", Condition::Noise, 1.0));
    results.push(hostile());
    results.extend(checks());
    if wrong > 0 {
        notes.push(format!("texts that no scene holds: {wrong}"));
    }
    results
}

/// How many of the scene's texts were read, and how many others.
fn judge<'a>(s: &Scene, read: impl Iterator<Item = &'a str>) -> (usize, usize) {
    let mut left: Vec<&str> = s.codes.iter().map(|(t, _)| t.as_str()).collect();
    let (mut right, mut wrong) = (0, 0);
    for text in read {
        match left.iter().position(|t| *t == text) {
            Some(at) => {
                left.remove(at);
                right += 1;
            }
            None => wrong += 1,
        }
    }
    (right, wrong)
}

fn large(name: &str, condition: Condition, hardness: f32) -> Figure {
    let pictures: Vec<Picture> =
        (0..3).map(|i| scene(condition, hardness, SEED + i, 4000, 3000).picture).collect();
    timed(name, &pictures)
}

/// A picture full of codes: the most work that one can make.
fn hostile() -> Figure {
    let code = plain("https://pay.acquirer.example/q/T1000234", 2).expect("a short text");
    let (width, height) = (4000, 3000);
    let luma = (0..width * height)
        .map(|i| code.luma[(i / width % code.height) * code.width + i % width % code.width])
        .collect();
    timed(
        "photo_12_megapixels_of_codes",
        &[Picture::from_luma(width, height, luma).expect("as many as pixels")],
    )
}

fn timed(name: &str, pictures: &[Picture]) -> Figure {
    let mut times: Vec<f64> = pictures
        .iter()
        .map(|p| {
            let begun = Instant::now();
            let _ = std::hint::black_box(read(p));
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    spread(name, "ms", &mut times)
}

/// The checks of texts: with an issued code beside each.
fn checks() -> Vec<Figure> {
    const ROUNDS: usize = 2000;
    const MERCHANT: &str = "00020101021126390016A00000033301010101158981100572299995204581253031565802CN5918LIANYU COFFEE NO.36008SHANGHAI62220306ST00030708T100023463046E8F";
    let codes = [
        (
            "check_address",
            "https://pay.acqu1rer.example/q/T1000999",
            "https://pay.acquirer.example/q/T1000234?k=3",
        ),
        (
            "check_merchant_code",
            MERCHANT,
            "00020101021126390016A00000033301010101158981100572200015204581253031565802CN5918LIANYU COFFEE NO.36008SHANGHAI62220306ST00030708T10002346304CC82",
        ),
        (
            "check_upi",
            "upi://pay?pa=a@b&pn=Shop&am=250.00&cu=INR",
            "upi://pay?pa=shop@b&pn=Shop&am=25.00&cu=INR",
        ),
    ];
    let timed = |(name, text, issued): (&str, &str, &str)| {
        let issued = [issued.to_owned()];
        let place = Place { issued: &issued, ..Place::default() };
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let begun = Instant::now();
                let _ = std::hint::black_box(check(text, &place));
                begun.elapsed().as_secs_f64() * 1e6
            })
            .collect();
        spread(name, "us", &mut times)
    };
    codes.into_iter().map(timed).collect()
}

fn spread(name: &str, unit: &'static str, times: &mut [f64]) -> Figure {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    Figure::of(name.to_owned(), unit, at(0.5), at(0.0), at(1.0), times.len())
}
