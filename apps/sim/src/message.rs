//! [`Draft`]: a message before it is bytes, and the MAC over the bytes.
//!
//! Only what `tg-iso8583` can write leaves the town, in the dialect `cup_pos`.

use crate::soft_keys::Key;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use tg_iso8583::{Builder, Dialect, Mti};

/// The dialect of the town's terminals.
pub(crate) const DIALECT: &str = "cup_pos";

static CUP_POS: LazyLock<Arc<Dialect>> =
    LazyLock::new(|| Dialect::named(DIALECT).expect("the dialect is compiled in; a test holds it"));

/// Bytes before the message type: TPDU and header.
const HEADER_BYTES: usize = 11;

#[derive(Clone)]
enum Value {
    Text(String),
    Bytes(Vec<u8>),
    /// Text filled with blanks to this many bytes of GB18030.
    Name(String, usize),
}

/// A message before it is bytes.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) mti: &'static str,
    is_answer: bool,
    fields: BTreeMap<u8, Value>,
}

impl Draft {
    pub(crate) fn request(mti: &'static str) -> Draft {
        Draft { mti, is_answer: false, fields: BTreeMap::new() }
    }

    pub(crate) fn text(&mut self, field: u8, text: String) {
        self.fields.insert(field, Value::Text(text));
    }

    pub(crate) fn bytes(&mut self, field: u8, bytes: Vec<u8>) {
        self.fields.insert(field, Value::Bytes(bytes));
    }

    /// A name in field 43, which is 40 bytes long.
    pub(crate) fn name(&mut self, field: u8, name: &str) {
        self.fields.insert(field, Value::Name(name.to_owned(), 40));
    }

    pub(crate) fn remove(&mut self, field: u8) {
        self.fields.remove(&field);
    }

    /// The request's fields as the beginning of its answer.
    pub(crate) fn turn_to_answer(&mut self) {
        self.is_answer = true;
        self.mti = match self.mti {
            "0200" => "0210",
            "0220" => "0230",
            "0400" => "0410",
            _ => "0810",
        };
    }

    /// The bytes, with a MAC if there is a key.
    pub(crate) fn encode(&self, mac_key: Option<&Key>) -> Vec<u8> {
        self.write(mac_key).expect("the town writes only fields that its dialect has; tests decode them all")
    }

    fn write(&self, mac_key: Option<&Key>) -> Result<Vec<u8>, tg_iso8583::BuildError> {
        let mti = Mti::from_digits(self.mti.as_bytes()).expect("message types here are four digits");
        let mut builder = Builder::new(CUP_POS.clone(), mti);
        // An answer's TPDU has the two addresses exchanged.
        let tpdu: [u8; 5] = if self.is_answer { [0x60, 0, 0, 0, 3] } else { [0x60, 0, 3, 0, 0] };
        builder.header("tpdu", &tpdu)?;
        builder.header("head", &[0x60, 0x31, 0, 0x31, 0x01, 0])?;
        for (&field, value) in &self.fields {
            match value {
                Value::Text(text) => builder.set(field, text)?,
                Value::Bytes(bytes) => builder.set_bytes(field, bytes)?,
                Value::Name(name, length) => {
                    // A Chinese character is two bytes in GB18030 where it is in GBK, as all of ours are.
                    let bytes = name.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
                    builder.set(field, &format!("{name}{}", " ".repeat(length.saturating_sub(bytes))))?
                }
            };
        }
        match mac_key {
            Some(key) => builder.build_with_mac(|input| key.mac(input)),
            None => builder.build(),
        }
    }
}

/// True if the frame's last eight bytes are the right MAC of what stands before them.
pub(crate) fn mac_is_right(frame: &[u8], key: &Key) -> bool {
    let Some((before, mac)) = frame.split_last_chunk::<8>() else { return false };
    before.get(HEADER_BYTES..).is_some_and(|input| key.mac(input) == *mac)
}
