//! [`City`]: four towns of shops, terminals and cardholders, with a week's rhythm, faults that have a
//! mechanism, attacks and what only looks like one; all of it seeded.
//!
//! Why it exists: detectors must be measured against a truth that they can't see, in traffic that has rhythm,
//! habit and places. Pure: seed and story time in, messages out. Terminals, host, switch and banks are the
//! state machines of the small [`crate::Town`]; what is new here is who comes when to which place. Never uses
//! a card number that a bank could have issued.

mod attacks;
mod counter;
mod keys;
mod machine;
mod map;
mod negatives;
mod people;
mod trades;
mod troubles;
mod week;

pub use map::Point;
use week::{HOUR, MINUTE};

use crate::cards::{Banks, IssuerState};
use crate::dice::Dice;
use crate::host::{self, Answer, Host, KeyRecord, Step};
use crate::queue::Queue;
use crate::soft_keys::Key;
use crate::terminal::{Receipt, Request};
use crate::town::{Place, Sent};
use crate::truth::{Attacks, Cause, Negative, Story, Subject};
use attacks::Attack;
use counter::Order;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use machine::{Machine, Numbers};
use people::People;
use std::collections::BTreeSet;
use tg_keys::IssuerMasterKey;
use tg_types::{Instant, SECOND_US};
use trades::{Merchant, Special, Trade};

/// Rises when the same seed no longer gives the same bytes.
pub const SIM_VERSION: u32 = 1;
/// After so long without an answer a terminal gives up and owes a reversal.
pub(crate) const TERMINAL_TIMEOUT_US: i64 = 45 * SECOND_US;
/// After so long without an answer the switch counts the issuer as silent.
const SWITCH_TIMEOUT_US: i64 = 25 * SECOND_US;

/// What a city is made from. The same options give the same bytes.
#[derive(Clone, Debug)]
pub struct CityOptions {
    /// Everything follows from it.
    pub seed: u64,
    /// Terminals of its shops, 1 to [`crate::TERMINALS_MAX`].
    pub terminals: usize,
    /// Story time of the beginning; until `live` nobody attacks.
    pub start: Instant,
    /// From here on there are attacks, and the troubles that the demo shows first.
    pub live: Instant,
    /// Every attack begins before this; `None`: they never end.
    pub attacks_until: Option<Instant>,
    /// By then the attacks should be over, as far as they can be hurried.
    pub end: Option<Instant>,
    /// Which attacks to stage.
    pub attacks: Attacks,
    /// How often each attack is staged, if there is an end.
    pub rounds: u32,
    /// A terminal that lies, replays, floods and goes back in time.
    pub hostile: bool,
    /// The city was mirrored before: its counters are further than what was lived through here.
    pub resumed: bool,
}

impl CityOptions {
    /// Ten in the morning of a Tuesday that is pay day, 2026-11-10 in the city.
    pub const TEN_IN_THE_MORNING: Instant = Instant(1_794_276_000_000_000);

    /// A city of usual size with all attacks, which begins a week before ten in the morning.
    pub fn new(seed: u64) -> CityOptions {
        let live = CityOptions::TEN_IN_THE_MORNING;
        CityOptions {
            seed,
            terminals: 120,
            start: week::midnight(week::day_of(live) - 7),
            live,
            attacks_until: None,
            end: None,
            attacks: Attacks::all(),
            rounds: 1,
            hostile: false,
            resumed: false,
        }
    }

    /// When a city that was last seen at this time goes on: at once in its day, else at the next ten in the
    /// morning.
    pub fn resume_at(last: Instant) -> Instant {
        let time = week::time_of_day(last);
        if (8 * HOUR..18 * HOUR).contains(&time) {
            return last.plus_us(SECOND_US);
        }
        let day = week::day_of(last) + i64::from(time >= 10 * HOUR);
        week::midnight(day).plus_us(10 * HOUR)
    }

    /// A recording of so many hours from midnight on, whose first third is peaceful.
    pub fn for_recording(seed: u64, hours: u32) -> CityOptions {
        let whole = i64::from(hours) * HOUR;
        let day = week::day_of(CityOptions::TEN_IN_THE_MORNING) - 7 + (seed % 7) as i64;
        // A recording of hours begins in the morning, one of days at midnight.
        let start = week::midnight(day).plus_us(if hours < 48 { 8 * HOUR } else { 0 });
        CityOptions {
            start,
            live: start.plus_us(whole / 3),
            attacks_until: Some(start.plus_us(whole * 4 / 5)),
            end: Some(start.plus_us(whole)),
            rounds: (hours / 72).clamp(1, 6),
            ..CityOptions::new(seed)
        }
    }
}

/// A story that has begun or will: an attack or its look-alike, whom it is about, since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// What it is.
    pub story: Story,
    /// Whom a finding may name; the first is the one meant.
    pub subjects: Vec<Subject>,
    /// Cards that are drawn into it, whom a finding of another kind may name.
    pub related: BTreeSet<Subject>,
    /// Story time of its first message.
    pub started: Option<Instant>,
}

/// Something that will happen.
pub(crate) enum Event {
    Customer(usize),
    Pay(usize, Box<Order>),
    TakeBack(usize, Box<Receipt>, Option<usize>),
    /// With the story that it belongs to.
    SignOn(usize, Option<usize>),
    AtHost(Box<Request>),
    IssuerAnswers(Box<Request>),
    SwitchGivesUp(usize),
    Answered(Box<Answer>),
    AtTerminal(Box<Answer>),
    Timeout(usize, u64),
    Reversal(usize),
    /// A shop opens: signs on.
    Morning(usize),
    /// Wages come in, portable terminals lie elsewhere in the morning.
    Night,
    IssuerBecomes(usize, IssuerState),
    Echo(usize),
    Outage,
    Mishap,
    Befall(usize, Cause),
    Repair(usize),
    Live,
    AttackRound(u64),
    AttackStep(usize),
    Negative(Negative, u64),
    NegativeEnds(Negative, usize),
    Hostile(u32),
}

/// Four towns of terminals that speak ISO 8583.
pub struct City {
    pub(crate) options: CityOptions,
    pub(crate) dice: Dice,
    pub(crate) now: Instant,
    pub(crate) machines: Vec<Machine>,
    pub(crate) merchants: Vec<Merchant>,
    pub(crate) people: People,
    pub(crate) banks: Banks,
    pub(crate) host: Host,
    pub(crate) staged: Vec<Staged>,
    pub(crate) attacks: Vec<Attack>,
    /// Machines that play a part in some story, and no second one.
    pub(crate) cast: BTreeSet<usize>,
    pub(crate) issuer_key: IssuerMasterKey,
    numbers: BTreeSet<String>,
    pub(crate) serial: u64,
    queue: Queue<Event>,
    sent: Vec<Sent>,
}

impl std::fmt::Debug for City {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "City({} terminals, {} cards)", self.machines.len(), self.people.all.len())
    }
}

impl City {
    /// A city at its start.
    pub fn new(options: CityOptions) -> City {
        let count = options.terminals.clamp(1, crate::TERMINALS_MAX);
        let mut dice = Dice::new(options.seed, 101);
        let mut banks = Banks::new(&mut dice);
        let today = crate::terminal::year_month(clock(options.start));
        let issuer_key = IssuerMasterKey::new(&dice.bytes::<16>()).expect("sixteen bytes are a key");
        let mut sites: Vec<(usize, &'static Trade, i64)> = Vec::new();
        let mut made = 0;
        while made < count as i64 {
            let town = town_of(&mut dice);
            let trade = Trade::any(&mut dice);
            let here = dice.between(trade.terminals.0, trade.terminals.1).min(count as i64 - made);
            sites.push((town, trade, here));
            made += here;
        }
        let shops: Vec<usize> = (0..map::TOWNS.len())
            .map(|town| sites.iter().filter(|s| s.0 == town).map(|s| s.2 as usize).sum())
            .collect();
        let people = People::new(&mut banks, &mut dice, &shops, today);
        let mut host = Host::new(Vec::new(), banks.issuers.len());
        host.remembers = 400;
        let mut city = City {
            dice,
            now: options.start,
            machines: Vec::new(),
            merchants: Vec::new(),
            people,
            banks,
            host,
            staged: Vec::new(),
            attacks: Vec::new(),
            cast: BTreeSet::new(),
            issuer_key,
            numbers: BTreeSet::new(),
            serial: 0,
            queue: Queue::new(),
            sent: Vec::new(),
            options,
        };
        for (town, trade, terminals) in sites {
            city.open_shop(town, trade, terminals);
        }
        city.begin();
        city
    }

    fn open_shop(&mut self, town: usize, trade: &'static Trade, terminals: i64) {
        let merchant = self.new_merchant(trade, town);
        let place = map::TOWNS[town].somewhere(&mut self.dice);
        for _ in 0..terminals {
            self.new_machine(merchant, trade, town, place);
        }
    }

    pub(crate) fn new_merchant(&mut self, trade: &Trade, town: usize) -> usize {
        self.merchants.push(Merchant::new(&mut self.dice, trade, town, self.merchants.len()));
        self.merchants.len() - 1
    }

    /// A new terminal with numbers and keys of its own, known to the host.
    pub(crate) fn new_machine(
        &mut self,
        merchant: usize,
        trade: &'static Trade,
        town: usize,
        place: Point,
    ) -> usize {
        let terminal = loop {
            let number = format!("{:08}", self.dice.between(57_100_000, 57_199_999));
            if self.numbers.insert(number.clone()) {
                break number;
            }
        };
        let keys = [(); 3].map(|()| Key(self.dice.bytes()));
        let serial = machine::serial_number(&mut self.dice);
        self.add_machine(Numbers { terminal, merchant, serial, keys }, trade, town, place)
    }

    /// A device with these numbers and keys, which the host believes.
    pub(crate) fn add_machine(
        &mut self,
        numbers: Numbers,
        trade: &'static Trade,
        town: usize,
        place: Point,
    ) -> usize {
        let [master, mac, pin] = numbers.keys;
        self.host.records.push(KeyRecord { master, mac, pin, damaged: false });
        let own = Dice::new(self.options.seed, 1_000 + self.machines.len() as u64);
        self.machines.push(Machine::new(numbers, trade, town, place, own));
        self.machines.len() - 1
    }

    fn begin(&mut self) {
        for index in 0..self.machines.len() {
            let opens = week::next_open(self.machines[index].trade.hours, self.now);
            let early = self.dice.between(-20 * MINUTE, 10 * MINUTE);
            self.at(opens.plus_us(early), Event::Morning(index));
            let wait = self.machines[index].until_next_customer(opens.max(self.now));
            self.at(opens.max(self.now).plus_us(wait), Event::Customer(index));
        }
        let night = week::midnight(week::day_of(self.now) + 1).plus_us(3 * HOUR);
        self.at(night, Event::Night);
        let wait = self.dice.between(HOUR, 4 * HOUR);
        self.after(wait, Event::Mishap);
        let wait = self.dice.between(5 * HOUR, 30 * HOUR);
        self.after(wait, Event::Outage);
        self.at(self.options.live, Event::Live);
        self.plan_negatives();
        if self.options.hostile {
            self.at(self.options.live, Event::Hostile(0));
        }
    }

    /// Lets the story run until this time and gives the messages that passed the mirror, in order.
    pub fn advance(&mut self, until: Instant) -> Vec<Sent> {
        while let Some((at, event)) = self.queue.pop_until(until) {
            self.now = at;
            self.happen(event);
        }
        self.now = self.now.max(until);
        std::mem::take(&mut self.sent)
    }

    /// The stories so far, those that have not begun among them.
    pub fn staged(&self) -> &[Staged] {
        &self.staged
    }

    /// The register of terminals as the acquirer keeps it: what attackers brought along is not in it.
    pub fn places(&self) -> Vec<Place> {
        let mut seen = BTreeSet::new();
        let registered = self.machines.iter().filter(|m| seen.insert(&m.terminal.number));
        registered
            .map(|m| {
                let merchant = &self.merchants[m.terminal.merchant];
                Place {
                    terminal: m.terminal.number.clone(),
                    merchant: merchant.number.clone(),
                    category: m.trade.category,
                    name: merchant.name.clone(),
                    serial_number: m.terminal.serial_number.clone(),
                }
            })
            .collect()
    }

    /// The banks' codes (the first part of field 44) with their names.
    pub fn banks(&self) -> impl Iterator<Item = (&str, &'static tg_text::Text)> {
        self.banks.issuers.iter().map(|bank| (bank.code.as_str(), bank.name))
    }

    /// Puts something on the queue, so many microseconds from now.
    pub(crate) fn after(&mut self, wait_us: i64, event: Event) {
        self.queue.push(self.now.plus_us(wait_us.max(0)), event);
    }

    /// Puts something on the queue for a time, or for now if that is past.
    pub(crate) fn at(&mut self, at: Instant, event: Event) {
        self.queue.push(at.max(self.now), event);
    }

    /// A message passes the mirror.
    pub(crate) fn emit(&mut self, frame: Vec<u8>, cause: Cause, story: Option<usize>) {
        if let Some(staged) = story.and_then(|s| self.staged.get_mut(s)) {
            staged.started.get_or_insert(self.now);
        }
        self.sent.push(Sent { at: self.now, frame, cause, attack: story });
    }

    /// Begins a story; its first message tells when it started.
    pub(crate) fn stage(&mut self, story: Story, subjects: Vec<Subject>) -> usize {
        self.staged.push(Staged { story, subjects, related: BTreeSet::new(), started: None });
        self.staged.len() - 1
    }

    /// What a clock with this error shows.
    pub(crate) fn clock(&self, error_us: i64) -> DateTime {
        clock(self.now.plus_us(error_us))
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Customer(machine) => self.customer(machine),
            Event::Pay(machine, order) => self.pay(machine, order),
            Event::TakeBack(machine, receipt, story) => self.take_back(machine, receipt, story),
            Event::SignOn(machine, story) => self.sign_on(machine, story),
            Event::AtHost(request) => self.at_host(*request),
            Event::IssuerAnswers(request) => self.issuer_answers(&request),
            Event::SwitchGivesUp(issuer) => self.host.issuer_was_silent(issuer),
            Event::Answered(answer) => self.answered(answer),
            Event::AtTerminal(answer) => self.at_terminal(&answer),
            Event::Timeout(machine, serial) => self.timeout(machine, serial),
            Event::Reversal(machine) => self.send_owed_reversal(machine),
            Event::Morning(machine) => self.morning(machine),
            Event::Night => self.night(),
            Event::IssuerBecomes(issuer, state) => self.issuer_becomes(issuer, state),
            Event::Echo(issuer) => self.echo(issuer),
            Event::Outage => self.outage(),
            Event::Mishap => self.mishap(),
            Event::Befall(machine, cause) => self.befall(machine, cause),
            Event::Repair(machine) => self.repair(machine),
            Event::Live => self.live(),
            Event::AttackRound(round) => self.attack_round(round),
            Event::AttackStep(attack) => self.attack_step(attack),
            Event::Negative(kind, turn) => self.negative(kind, turn),
            Event::NegativeEnds(kind, machine) => self.negative_ends(kind, machine),
            Event::Hostile(step) => self.hostile(step),
        }
    }

    fn at_host(&mut self, request: Request) {
        self.emit(request.frame.clone(), request.cause, request.attack);
        // This acquirer looks at a refund's payment only when it clears: what rapid refunds live on.
        let trusting = request.original.is_none() && request.purpose == crate::terminal::Purpose::Refund;
        let step = match self.host.receive(&request, &mut self.banks) {
            Step::Answer("25") if trusting => Step::Answer("00"),
            step => step,
        };
        match step {
            Step::Answer(code) => {
                let wait = self.dice.between(25_000, 90_000);
                let answer = self.write_answer(&request, code);
                self.after(wait, Event::Answered(Box::new(answer)));
            }
            Step::Ask => {
                let issuer = request.number.map_or(0, |n| self.banks.issuer_of(n));
                let (state, usual) =
                    (self.banks.issuers[issuer].state, self.banks.issuers[issuer].usual_answer_us);
                match host::answer_time_us(state, usual, &mut self.dice) {
                    Some(wait) => self.after(wait, Event::IssuerAnswers(Box::new(request))),
                    None => self.after(SWITCH_TIMEOUT_US, Event::SwitchGivesUp(issuer)),
                }
            }
        }
    }

    fn issuer_answers(&mut self, request: &Request) {
        let now = self.clock(0);
        if let Some(code) = self.host.issuer_answers(request, &mut self.banks, now) {
            let answer = self.write_answer(request, code);
            self.answered(Box::new(answer));
        }
    }

    fn write_answer(&mut self, request: &Request, code: &'static str) -> Answer {
        let now = self.clock(0);
        let shop = &self.merchants[self.machines[request.terminal].terminal.merchant].name.zh;
        self.host.answer(request, code, shop, &self.banks, &mut self.dice, now)
    }

    fn answered(&mut self, answer: Box<Answer>) {
        self.emit(answer.frame.clone(), answer.cause, answer.attack);
        let link = &mut self.machines[answer.terminal].terminal.link;
        let lost = std::mem::take(&mut link.drop_next_answer) || self.dice.chance(link.loss);
        let wait = link.one_way_us;
        if !lost {
            self.after(wait, Event::AtTerminal(answer));
        }
    }

    /// A machine that no story has cast, chosen among those that fit; any that fits, if `strict` is false.
    pub(crate) fn find_machine(&mut self, fits: impl Fn(&Machine) -> bool) -> Option<usize> {
        let free: Vec<usize> = (0..self.machines.len())
            .filter(|i| !self.cast.contains(i) && !self.machines[*i].idle && fits(&self.machines[*i]))
            .collect();
        let found = self.dice.pick(&free).copied()?;
        self.cast.insert(found);
        Some(found)
    }
}

fn town_of(dice: &mut Dice) -> usize {
    let mut at = dice.below(100);
    for (town, site) in map::TOWNS.iter().enumerate() {
        if at < site.share {
            return town;
        }
        at -= site.share;
    }
    0
}

fn clock(at: Instant) -> DateTime {
    let time = jiff::Timestamp::from_microsecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    TimeZone::fixed(Offset::constant(8)).to_datetime(time)
}

impl Machine {
    pub(crate) fn is_portable(&self) -> bool {
        self.trade.special == Special::Portable
    }
}
