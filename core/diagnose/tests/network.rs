//! The planner against exhaustive search, against sums done by hand, and on files that are wrong.

use proptest::prelude::*;
use tg_diagnose::network::{Component, Network, NetworkFile, Observation, Policy, Step};

/// A small deterministic generator: the problem of a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Up to four components, up to two observations with up to three states; also several faults in one row.
fn problem(seed: u64) -> NetworkFile {
    let mut dice = Dice(seed ^ 0x5DEE_CE66);
    let components: Vec<Component> = (0..1 + dice.below(4))
        .map(|i| Component {
            id: format!("c{i}"),
            repair: dice.below(100) as f64,
            observe: (dice.below(3) > 0).then(|| dice.below(30) as f64),
        })
        .collect();
    let observations: Vec<Observation> = (0..dice.below(3))
        .map(|i| Observation { id: format!("o{i}"), cost: dice.below(20) as f64 })
        .collect();
    let mut joint: Vec<(Vec<String>, f64)> = (0..1 + dice.below(12))
        .map(|_| {
            let faulty = dice.below(components.len() as u64 + 1);
            let mut row: Vec<String> = (0..components.len() as u64)
                .map(|c| if c == faulty || dice.below(6) == 0 { "yes".into() } else { "no".into() })
                .collect();
            row.extend(observations.iter().map(|_| format!("s{}", dice.below(3))));
            (row, 1.0 + dice.below(50) as f64)
        })
        .collect();
    let sum: f64 = joint.iter().map(|(_, w)| w).sum();
    joint.iter_mut().for_each(|(_, w)| *w /= sum);
    NetworkFile {
        schema: "tillguard.network/1".into(),
        call: 20.0 + dice.below(150) as f64,
        components,
        observations,
        joint,
    }
}

/// Every plan is tried: no memory, no bound, no cleverness. Weighted by the rows' probability.
fn exhaustive(file: &NetworkFile, rows: &[&(Vec<String>, f64)], used: &mut Vec<usize>) -> f64 {
    let weight: f64 = rows.iter().map(|r| r.1).sum();
    let mut best = weight * file.call;
    for (c, component) in file.components.iter().enumerate() {
        if used.contains(&c) {
            continue;
        }
        let sound: Vec<_> = rows.iter().copied().filter(|r| r.0[c] == "no").collect();
        let faulty = weight - sound.iter().map(|r| r.1).sum::<f64>();
        let now = match component.observe {
            Some(look) => weight * look + faulty * component.repair,
            None => weight * component.repair,
        };
        used.push(c);
        best = best.min(now + exhaustive(file, &sound, used));
        used.pop();
    }
    for (o, observation) in file.observations.iter().enumerate() {
        let column = file.components.len() + o;
        if used.contains(&column) {
            continue;
        }
        used.push(column);
        let mut cost = weight * observation.cost;
        for answer in ["s0", "s1", "s2"] {
            let group: Vec<_> = rows.iter().copied().filter(|r| r.0[column] == answer).collect();
            cost += exhaustive(file, &group, used);
        }
        used.pop();
        best = best.min(cost);
    }
    best
}

/// Adds up what following a tree costs, from the file alone.
fn follow(file: &NetworkFile, rows: &[&(Vec<String>, f64)], step: &Step) -> f64 {
    let weight: f64 = rows.iter().map(|r| r.1).sum();
    match step {
        Step::Call => weight * file.call,
        Step::Mend { id, otherwise, .. } => {
            let c = file.components.iter().position(|c| c.id == *id).expect("a component");
            let sound: Vec<_> = rows.iter().copied().filter(|r| r.0[c] == "no").collect();
            let faulty = weight - sound.iter().map(|r| r.1).sum::<f64>();
            let Component { repair, observe, .. } = &file.components[c];
            let now = observe.map_or(weight * repair, |look| weight * look + faulty * repair);
            now + otherwise.as_ref().map_or(0.0, |next| follow(file, &sound, next))
        }
        Step::Ask { id, answers } => {
            let o = file.observations.iter().position(|o| o.id == *id).expect("an observation");
            let column = file.components.len() + o;
            let groups = answers.iter().map(|answer| {
                let group: Vec<_> = rows.iter().copied().filter(|r| r.0[column] == answer.is).collect();
                follow(file, &group, &answer.then)
            });
            weight * file.observations[o].cost + groups.sum::<f64>()
        }
        Step::More => panic!("a small tree is whole"),
    }
}

fn network(file: &NetworkFile) -> Network {
    file.clone().read().expect("the generator makes good files")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn exact_is_the_optimum_over_all_plans(seed in any::<u64>()) {
        let file = problem(seed);
        let rows: Vec<_> = file.joint.iter().collect();
        let expected = exhaustive(&file, &rows, &mut Vec::new());
        let found = network(&file).expected_cost(Policy::Exact).expect("small");
        prop_assert!((expected - found).abs() < 1e-9, "{expected} {found} {file:?}");
    }

    #[test]
    fn every_policys_cost_is_what_its_tree_costs_and_none_beats_exact(seed in any::<u64>()) {
        let file = problem(seed);
        let rows: Vec<_> = file.joint.iter().collect();
        let network = network(&file);
        let exact = network.expected_cost(Policy::Exact).expect("small");
        for policy in [Policy::Exact, Policy::Questions, Policy::Repairs] {
            let (cost, tree) = network.plan(policy).expect("small");
            prop_assert!((follow(&file, &rows, &tree) - cost).abs() < 1e-9, "{policy:?} {file:?}");
            prop_assert!(cost >= exact - 1e-9);
        }
    }
}

fn read(text: &str) -> Result<Network, String> {
    let file: NetworkFile = serde_json::from_str(text).map_err(|e| e.to_string())?;
    file.read().map_err(|p| {
        let place = p.place.field.clone().unwrap_or_default();
        format!("{} {place}: {:?} not {:?}", p.code, p.found, p.expected)
    })
}

const HAND: &str = r#"{"schema":"tillguard.network/1","call":100,
    "components":[{"id":"fuse","repair":10,"observe":5},{"id":"motor","repair":60,"observe":null}],
    "observations":[{"id":"light","cost":1}],
    "joint":[[["yes","no","off"],0.5],[["no","yes","on"],0.3],[["no","no","on"],0.2]]}"#;

#[test]
fn a_sum_done_by_hand() {
    let network = read(HAND).expect("good");
    // Fuse: 5 + 0.5·10 = 10, then motor at 60 + 0.4·100 or the call at 100 on the other half, which are equal.
    let repairs = network.expected_cost(Policy::Repairs).expect("small");
    assert!((repairs - (10.0 + 0.5 * 100.0)).abs() < 1e-9, "{repairs}");
    // The light settles it: 1 + 0.5·15 + 0.5·100.
    let exact = network.expected_cost(Policy::Exact).expect("small");
    assert!((exact - (1.0 + 0.5 * 15.0 + 0.5 * 100.0)).abs() < 1e-9, "{exact}");
    assert_eq!(network.expected_cost(Policy::Questions).expect("small"), exact);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (from, to, expected) in [
        (
            "network/1",
            "network/9",
            "TG-1007 schema: Some(\"tillguard.network/9\") not Some(\"tillguard.network/1\")",
        ),
        ("\"call\":100", "\"call\":-1", "TG-1007 call: Some(\"-1\") not Some(\"0 or more\")"),
        (
            "\"repair\":60",
            "\"repair\":-60",
            "TG-1007 components[1].repair: Some(\"-60\") not Some(\"0 or more\")",
        ),
        (
            "\"id\":\"light\"",
            "\"id\":\"fuse\"",
            "TG-1007 observations[0].id: Some(\"fuse\") not Some(\"an id of its own\")",
        ),
        (
            "[\"yes\",\"no\",\"off\"]",
            "[\"yes\",\"off\"]",
            "TG-1007 joint[0][0]: Some(\"2\") not Some(\"3 states\")",
        ),
        (
            "[\"yes\",\"no\",\"off\"]",
            "[\"yess\",\"no\",\"off\"]",
            "TG-1007 joint[0][0][0]: Some(\"yess\") not Some(\"yes\")",
        ),
        ("0.3", "-0.3", "TG-1007 joint[1][1]: Some(\"-0.3\") not Some(\"0 to 1\")"),
        ("0.3", "0.6", "TG-1007 joint: Some(\"1.300000\") not Some(\"1\")"),
    ] {
        assert_eq!(read(&HAND.replace(from, to)).expect_err("wrong"), expected, "{to}");
    }
    assert!(read(&HAND.replace("\"repair\"", "\"reapir\"")).expect_err("wrong").contains("reapir"));
}
