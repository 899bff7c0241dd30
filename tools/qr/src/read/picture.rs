//! A picture as grey values: JPEG, PNG and WebP, within bounds that are checked before anything is allocated.
//!
//! Why it exists: photos come from strangers. A header that promises 100,000 x 100,000 pixels, a bomb and a cut file
//! are refused by their first bytes or by the decoder, never by running out of memory. Colour is dropped at once.

use std::io::Cursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// The largest file that is read.
pub const FILE_BYTES_MAX: usize = 48 << 20;
/// The largest picture: today's telephones make 50 megapixels.
pub const PIXELS_MAX: usize = 64_000_000;
/// The longest side.
const SIDE_MAX: usize = 16_384;
/// A progressive JPEG sends its pixels in passes, each of which costs as much as the last.
const SCANS_MAX: usize = 64;

/// Why a picture can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPicture {
    /// Not JPEG, PNG or WebP.
    OtherFormat,
    /// The file or its pixels are more than is read.
    TooLarge,
    /// It is cut or damaged.
    Damaged,
}

/// Grey values, row by row.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// One byte a pixel, 0 black.
    pub luma: Vec<u8>,
    /// How the camera was held, as EXIF says: 1 to 8, 1 upright.
    pub orientation: u8,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} x {}, orientation {})", self.width, self.height, self.orientation)
    }
}

/// True if the bytes begin like a picture that can be read.
pub fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xFF\xD8\xFF") || bytes.starts_with(b"\x89PNG\r\n\x1a\n") || is_webp(bytes)
}

fn is_webp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")
}

impl Picture {
    /// Grey values as they are.
    pub fn from_luma(width: usize, height: usize, luma: Vec<u8>) -> Option<Picture> {
        let fits = width.checked_mul(height) == Some(luma.len()) && width > 0 && height > 0;
        fits.then_some(Picture { width, height, luma, orientation: 1 })
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// If they are no picture of the three formats, too many, or damaged.
    pub fn read(bytes: &[u8]) -> Result<Picture, BadPicture> {
        if bytes.len() > FILE_BYTES_MAX {
            return Err(BadPicture::TooLarge);
        }
        if bytes.starts_with(b"\xFF\xD8\xFF") {
            jpeg(bytes)
        } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            png(bytes)
        } else if is_webp(bytes) {
            webp(bytes)
        } else {
            Err(BadPicture::OtherFormat)
        }
    }

    /// A point as the picture is meant to be seen, by its orientation (EXIF 2.3, tag 0112).
    pub fn upright(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let (w, h) = (self.width as f32, self.height as f32);
        match self.orientation {
            2 => [w - x, y],
            3 => [w - x, h - y],
            4 => [x, h - y],
            5 => [y, x],
            6 => [h - y, x],
            7 => [h - y, w - x],
            8 => [y, w - x],
            _ => [x, y],
        }
    }
}

/// Width and height within bounds.
fn bounded(width: usize, height: usize) -> Result<usize, BadPicture> {
    match width.checked_mul(height) {
        Some(0) => Err(BadPicture::Damaged),
        Some(pixels) if pixels <= PIXELS_MAX && width.max(height) <= SIDE_MAX => Ok(pixels),
        _ => Err(BadPicture::TooLarge),
    }
}

fn jpeg(bytes: &[u8]) -> Result<Picture, BadPicture> {
    let (width, height) = jpeg_size(bytes).ok_or(BadPicture::Damaged)?;
    bounded(width, height)?;
    let options = |space| {
        DecoderOptions::default()
            .set_max_width(SIDE_MAX)
            .set_max_height(SIDE_MAX)
            .jpeg_set_max_scans(SCANS_MAX)
            .jpeg_set_out_colorspace(space)
    };
    let decode = |space| {
        let mut decoder = JpegDecoder::new_with_options(Cursor::new(bytes), options(space));
        let pixels = decoder.decode().ok()?;
        Some((pixels, decoder.dimensions()?, decoder.exif().map_or(1, |e| orientation(e))))
    };
    // Four-colour pictures don't give their grey values by themselves.
    let (pixels, (width, height), orientation) = match decode(ColorSpace::Luma) {
        Some(done) => done,
        None => {
            let (rgb, size, orientation) = decode(ColorSpace::RGB).ok_or(BadPicture::Damaged)?;
            (rgb.chunks_exact(3).map(grey_of).collect(), size, orientation)
        }
    };
    let mut picture = Picture::from_luma(width, height, pixels).ok_or(BadPicture::Damaged)?;
    picture.orientation = orientation;
    Ok(picture)
}

/// The size that a JPEG's frame header gives, if its scan has an end: inside a scan the end marker can't occur, and a
/// file that was cut has none.
fn jpeg_size(bytes: &[u8]) -> Option<(usize, usize)> {
    let (mut at, mut size) = (2, None);
    loop {
        let marker = *bytes.get(at + 1).filter(|_| bytes.get(at) == Some(&0xFF))?;
        if matches!(marker, 0xFF) {
            at += 1;
            continue;
        }
        let length = usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]));
        let body = bytes.get(at + 4..)?;
        match marker {
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                let side =
                    |i: usize| Some(usize::from(u16::from_be_bytes([*body.get(i)?, *body.get(i + 1)?])));
                size = Some((side(3)?, side(1)?));
            }
            0xDA => {
                let scan = bytes.get(at + 2 + length..)?;
                let ends = scan.windows(2).any(|w| w == [0xFF, 0xD9]);
                return size.filter(|_| ends);
            }
            _ => {}
        }
        at += 2 + length.max(2);
    }
}

fn png(bytes: &[u8]) -> Result<Picture, BadPicture> {
    let damaged = |_| BadPicture::Damaged;
    let side = |i: usize| bytes.get(i..i + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize);
    let (width, height) = side(16).zip(side(20)).ok_or(BadPicture::Damaged)?;
    let pixels = bounded(width, height)?;
    let limits = png::Limits { bytes: PIXELS_MAX * 4 };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(damaged)?;
    let channels = match reader.output_color_type() {
        (png::ColorType::Grayscale, _) => 1,
        (png::ColorType::GrayscaleAlpha, _) => 2,
        (png::ColorType::Rgb, _) => 3,
        (png::ColorType::Rgba, _) => 4,
        (png::ColorType::Indexed, _) => return Err(BadPicture::Damaged),
    };
    let mut luma = Vec::with_capacity(pixels);
    if reader.info().interlaced {
        let size =
            reader.output_buffer_size().filter(|s| *s <= PIXELS_MAX * 4).ok_or(BadPicture::TooLarge)?;
        let mut all = vec![0; size];
        reader.next_frame(&mut all).map_err(damaged)?;
        luma.extend(all.chunks_exact(channels).map(grey_of));
    } else {
        while let Some(row) = reader.next_row().map_err(damaged)? {
            luma.extend(row.data().chunks_exact(channels).map(grey_of));
        }
    }
    let exif = reader.info().exif_metadata.as_ref().map_or(1, |e| orientation(e));
    let mut picture = Picture::from_luma(width, height, luma).ok_or(BadPicture::Damaged)?;
    picture.orientation = exif;
    Ok(picture)
}

fn webp(bytes: &[u8]) -> Result<Picture, BadPicture> {
    let damaged = |_| BadPicture::Damaged;
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(bytes)).map_err(damaged)?;
    decoder.set_memory_limit(PIXELS_MAX * 4);
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    bounded(width, height)?;
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut all = vec![0; width * height * channels];
    decoder.read_image(&mut all).map_err(damaged)?;
    let exif = decoder.exif_metadata().ok().flatten().map_or(1, |e| orientation(&e));
    let luma = all.chunks_exact(channels).map(grey_of).collect();
    let mut picture = Picture::from_luma(width, height, luma).ok_or(BadPicture::Damaged)?;
    picture.orientation = exif;
    Ok(picture)
}

/// The grey value of one pixel (ITU-R BT.601); what is transparent is seen on white.
fn grey_of(pixel: &[u8]) -> u8 {
    let grey = |r: u8, g: u8, b: u8| (u32::from(r) * 77 + u32::from(g) * 150 + u32::from(b) * 29) >> 8;
    let over_white =
        |grey: u32, alpha: u8| ((grey * u32::from(alpha) + 255 * (255 - u32::from(alpha))) / 255) as u8;
    match *pixel {
        [g] => g,
        [g, a] => over_white(u32::from(g), a),
        [r, g, b] => grey(r, g, b) as u8,
        [r, g, b, a] => over_white(grey(r, g, b), a),
        _ => 255,
    }
}

/// Tag 0112 of an EXIF block; 1 if it is not there.
fn orientation(exif: &[u8]) -> u8 {
    let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    let read = || {
        let big = match exif.get(..2)? {
            b"MM" => true,
            b"II" => false,
            _ => return None,
        };
        let two = |at: usize| {
            let b = exif.get(at..at.checked_add(2)?)?;
            let bytes = [b[0], b[1]];
            Some(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
        };
        let four = |at: usize| {
            let (a, b) = (u32::from(two(at)?), u32::from(two(at.checked_add(2)?)?));
            Some(if big { a << 16 | b } else { b << 16 | a })
        };
        let directory = four(4)? as usize;
        let entries = usize::from(two(directory)?).min(200);
        let entry = (0..entries).map(|i| directory + 2 + 12 * i).find(|at| two(*at) == Some(0x0112))?;
        u8::try_from(two(entry + 8)?).ok().filter(|o| (1..=8).contains(o))
    };
    read().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png_of(width: u32, height: u32, color: png::ColorType, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(color);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header().expect("writes").write_image_data(data).expect("writes");
        out
    }

    #[test]
    fn what_is_transparent_is_white_and_colours_become_grey() {
        let p =
            Picture::read(&png_of(2, 1, png::ColorType::Rgba, &[0, 0, 0, 0, 255, 0, 0, 255])).expect("reads");
        assert_eq!((p.width, p.height, p.luma), (2, 1, vec![255, 76]));
    }

    #[test]
    fn headers_that_promise_too_much_and_cut_files_are_refused() {
        let mut huge = png_of(2, 1, png::ColorType::Grayscale, &[0, 255]);
        huge[16..24].copy_from_slice(&[0, 1, 0x86, 0xA0, 0, 1, 0x86, 0xA0]);
        assert_eq!(Picture::read(&huge), Err(BadPicture::TooLarge));
        let whole = png_of(64, 64, png::ColorType::Grayscale, &[7; 4096]);
        for n in 0..whole.len() - 12 {
            assert!(Picture::read(&whole[..n]).is_err(), "{n}");
        }
        // A JPEG header of 65,535 x 65,535 pixels with a scan and an end.
        let jpeg = b"\xFF\xD8\xFF\xC0\x00\x0B\x08\xFF\xFF\xFF\xFF\x01\x01\x11\x00\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00\x00\xFF\xD9";
        assert_eq!(Picture::read(jpeg), Err(BadPicture::TooLarge));
        assert_eq!(Picture::read(&jpeg[..jpeg.len() - 2]), Err(BadPicture::Damaged));
        assert_eq!(Picture::read(b"GIF89a"), Err(BadPicture::OtherFormat));
        assert_eq!(Picture::read(b""), Err(BadPicture::OtherFormat));
    }

    #[test]
    fn the_cameras_turn_is_read_and_points_follow_it() {
        let exif = b"Exif\0\0II\x2A\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        assert_eq!((orientation(exif), orientation(b"MM"), orientation(b"")), (6, 1, 1));
        let mut p = Picture::from_luma(4, 2, vec![0; 8]).expect("fits");
        p.orientation = 6;
        // Held to the right: what was the upper left corner is seen at the upper right of a picture 2 wide.
        assert_eq!(p.upright([0.0, 0.0]), [2.0, 0.0]);
        p.orientation = 3;
        assert_eq!(p.upright([0.0, 0.0]), [4.0, 2.0]);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_fail(head in 0..4_usize, tail in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let heads: [&[u8]; 4] = [
                b"\xFF\xD8\xFF\xC0\x00\x0B\x08\x00\x10\x00\x10\x01\x01\x11\x00",
                b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0DIHDR\x00\x00\x00\x10\x00\x00\x00\x10",
                b"RIFF\x00\x01\x00\x00WEBPVP8 ",
                b"RIFF\x00\x01\x00\x00WEBPVP8L",
            ];
            let bytes: Vec<u8> = heads[head].iter().copied().chain(tail).collect();
            let _ = Picture::read(&bytes);
        }
    }
}
