//! Photos that strangers send: really JPEG or PNG, and without what they say beside the picture.
//!
//! Why it exists: a photo holds where and with what it was taken, and a file called photo may be anything. The
//! picture's own bytes stay as they are; what stands beside it (EXIF, XMP, comments, texts, thumbnails, whatever
//! follows the end) goes. Never decodes a picture: nothing here can be made to grow.

/// What is wrong with a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoPhoto {
    /// Neither JPEG nor PNG.
    Other,
    /// It begins like one and is damaged, or its size is absurd.
    Damaged,
}

/// The picture's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
}

/// No phone's photo is wider or higher.
const SIDE_MAX: u32 = 20_000;
const PNG_HEAD: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The photo without its surroundings; with `keep_place` EXIF stays.
pub(crate) fn cleaned(bytes: &[u8], keep_place: bool) -> Result<(Format, Vec<u8>), NoPhoto> {
    if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return jpeg(bytes, keep_place).map(|b| (Format::Jpeg, b)).ok_or(NoPhoto::Damaged);
    }
    if bytes.starts_with(PNG_HEAD) {
        return png(bytes, keep_place).map(|b| (Format::Png, b)).ok_or(NoPhoto::Damaged);
    }
    Err(NoPhoto::Other)
}

fn sound(width: u32, height: u32) -> bool {
    (1..=SIDE_MAX).contains(&width) && (1..=SIDE_MAX).contains(&height)
}

fn jpeg(bytes: &[u8], keep_place: bool) -> Option<Vec<u8>> {
    let mut out = bytes.get(..2)?.to_vec();
    let (mut at, mut framed) = (2usize, false);
    loop {
        if *bytes.get(at)? != 0xFF {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        if marker == 0xFF {
            at += 1;
            continue;
        }
        if marker == 0xDA {
            break;
        }
        // Markers without a length don't stand here.
        if matches!(marker, 0x00 | 0x01 | 0xD0..=0xD9) {
            return None;
        }
        let length = usize::from(u16::from_be_bytes(bytes.get(at + 2..at + 4)?.try_into().ok()?));
        let segment = bytes.get(at..at.checked_add(2 + length)?).filter(|_| length >= 2)?;
        if matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC) {
            let side = |from: usize| {
                Some(u32::from(u16::from_be_bytes(segment.get(from..from + 2)?.try_into().ok()?)))
            };
            framed = sound(side(7)?, side(5)?);
            if !framed {
                return None;
            }
        }
        // JFIF, colour profile and Adobe's colour mark belong to the picture; all other application data and
        // comments don't.
        let profile = marker == 0xE2 && segment.get(4..15) == Some(b"ICC_PROFILE");
        let exif = marker == 0xE1 && segment.get(4..8) == Some(b"Exif");
        let kept = match marker {
            0xE0 | 0xEE => true,
            0xE1 => exif && keep_place,
            0xE2 => profile,
            0xE3..=0xEF | 0xFE => false,
            _ => true,
        };
        if kept {
            out.extend_from_slice(segment);
        }
        at += segment.len();
    }
    // The picture itself, to its first end mark: a second picture behind it may hold anything.
    let scan = bytes.get(at..)?;
    let end = scan.windows(2).position(|w| w == [0xFF, 0xD9])? + 2;
    out.extend_from_slice(&scan[..end]);
    framed.then_some(out)
}

fn png(bytes: &[u8], keep_place: bool) -> Option<Vec<u8>> {
    let mut out = PNG_HEAD.to_vec();
    let (mut at, mut begun, mut data) = (PNG_HEAD.len(), false, false);
    loop {
        let length = usize::try_from(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()?;
        let chunk = bytes.get(at..at.checked_add(length)?.checked_add(12)?)?;
        let kind: [u8; 4] = chunk.get(4..8)?.try_into().ok()?;
        let sum = u32::from_be_bytes(chunk.get(8 + length..)?.try_into().ok()?);
        if crc32(&chunk[4..8 + length]) != sum || (kind == *b"IHDR") == begun {
            return None;
        }
        if kind == *b"IHDR" {
            let side = |from: usize| Some(u32::from_be_bytes(chunk.get(from..from + 4)?.try_into().ok()?));
            if length != 13 || !sound(side(8)?, side(12)?) {
                return None;
            }
            begun = true;
        }
        data |= kind == *b"IDAT";
        let picture = matches!(
            &kind,
            b"IHDR"
                | b"PLTE"
                | b"IDAT"
                | b"IEND"
                | b"tRNS"
                | b"gAMA"
                | b"cHRM"
                | b"sRGB"
                | b"iCCP"
                | b"sBIT"
                | b"pHYs"
        );
        if picture || kind == *b"eXIf" && keep_place {
            out.extend_from_slice(chunk);
        }
        at += chunk.len();
        if kind == *b"IEND" {
            return data.then_some(out);
        }
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
        }
    }
    !crc
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
        let length = (data.len() as u16 + 2).to_be_bytes();
        [&[0xFF, marker][..], &length, data].concat()
    }

    pub(crate) fn jpeg_with_place() -> Vec<u8> {
        [
            vec![0xFF, 0xD8],
            segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
            segment(0xE1, b"Exif\0\0GPS 31.23N 121.47E"),
            segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0place"),
            segment(0xFE, b"a comment"),
            segment(0xC0, &[8, 0, 16, 0, 16, 1, 1, 0x11, 0]),
            segment(0xDA, &[1, 1, 0, 0, 63, 0]),
            vec![1, 2, 3, 0xFF, 0xD9],
            b"something behind the end".to_vec(),
        ]
        .concat()
    }

    fn has(bytes: &[u8], needle: &str) -> bool {
        bytes.windows(needle.len()).any(|w| w == needle.as_bytes())
    }

    #[test]
    fn place_and_all_beside_the_picture_is_taken_out_unless_wanted() {
        let (format, clean) = cleaned(&jpeg_with_place(), false).expect("is a photo");
        assert_eq!(format, Format::Jpeg);
        for gone in ["GPS", "adobe", "comment", "behind"] {
            assert!(has(&jpeg_with_place(), gone) && !has(&clean, gone), "{gone}");
        }
        assert!(has(&clean, "JFIF") && clean.ends_with(&[1, 2, 3, 0xFF, 0xD9]));
        let (_, kept) = cleaned(&jpeg_with_place(), true).expect("is a photo");
        assert!(has(&kept, "GPS") && !has(&kept, "adobe") && !has(&kept, "comment"));
        assert_eq!(cleaned(&clean, false).map(|c| c.1), Ok(clean.clone()), "clean stays as it is");
    }

    #[test]
    fn png_texts_go_and_damage_is_seen() {
        let chunk = |kind: &[u8; 4], data: &[u8]| {
            let body = [&kind[..], data].concat();
            [&(data.len() as u32).to_be_bytes()[..], &body, &crc32(&body).to_be_bytes()].concat()
        };
        let head = chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
        let png = [
            PNG_HEAD,
            &head,
            &chunk(b"tEXt", b"Author\0somebody"),
            &chunk(b"eXIf", b"GPS"),
            &chunk(b"IDAT", b"x"),
            &chunk(b"IEND", b""),
        ]
        .concat();
        let (format, clean) = cleaned(&png, false).expect("is a photo");
        assert!(format == Format::Png && !has(&clean, "somebody") && !has(&clean, "GPS"));
        let mut damaged = png.clone();
        damaged[20] ^= 1;
        assert_eq!(cleaned(&damaged, false), Err(NoPhoto::Damaged));
        let huge = [PNG_HEAD, &chunk(b"IHDR", &[0x7F, 0, 0, 0, 0, 0, 0, 1, 8, 0, 0, 0, 0])].concat();
        assert_eq!(cleaned(&huge, false), Err(NoPhoto::Damaged));
    }

    #[test]
    fn what_is_no_photo_is_told_apart_and_any_cut_is_refused() {
        for other in [&b"<svg onload=alert(1)>"[..], b"GIF89a", b"%PDF-1.7", b"MZ", b"", b"\xFF\xD8"] {
            assert_eq!(cleaned(other, false), Err(NoPhoto::Other), "{other:?}");
        }
        let whole = jpeg_with_place();
        let end = whole.len() - b"something behind the end".len();
        for cut in 3..end {
            assert_eq!(cleaned(&whole[..cut], false), Err(NoPhoto::Damaged), "{cut}");
        }
    }
}
