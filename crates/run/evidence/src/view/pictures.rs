//! Recorded pictures with the shapes over them.

use std::io::Cursor;

use proband_core::Table;

use crate::{Problem, columns::Columns, text::clip};

/// Most pictures in one report.
const PICTURE_COUNT_MAX: usize = 40;
/// Largest picture file [byte].
const PICTURE_BYTES_MAX: usize = 16 << 20;
/// Largest width or height [pixel].
const PICTURE_SIDE_MAX: u32 = 8192;
/// Most points over all shapes of one picture.
const POINT_COUNT_MAX: usize = 20_000;

/// A shape over a picture.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// `polyline`, `ellipse`, `cross`.
    pub kind: String,
    /// What it shows.
    pub label: String,
    /// Points [pixel].
    pub points_px: Vec<[f64; 2]>,
}

/// A picture.
#[derive(Clone, Debug)]
pub(crate) struct Picture<'a> {
    /// Name in the record.
    pub name: String,
    /// `nir`, `ultrasound`.
    pub modality: String,
    /// When it was taken [s].
    pub time_s: f64,
    /// Caption.
    pub caption: String,
    /// Size in the file [pixel].
    pub width: u32,
    /// Size in the file [pixel].
    pub height: u32,
    /// Side of a pixel [m], NaN when unknown.
    pub pixel_m: f64,
    /// The file, checked to be a PNG that decodes.
    pub png: &'a [u8],
    /// Shapes over it.
    pub shapes: Vec<Shape>,
}

/// Read the tables `images` and `overlays`.
pub(super) fn pictures<'a>(images: &'a Table, overlays: Option<&'a Table>, notes: &mut Vec<Problem>) -> Vec<Picture<'a>> {
    let mut shapes = overlays.map_or_else(Vec::new, |t| shapes(&mut Columns::new(t, notes)));
    let mut c = Columns::new(images, notes);
    let (name, modality, caption) = (c.words("name"), c.words("modality"), c.words("caption"));
    let (time, pixel) = (c.numbers("time_s"), c.numbers("pixel_m"));
    let Some(files) = c.files("png") else { return Vec::new() };
    let mut list = Vec::new();
    for i in 0..c.rows() {
        if list.len() == PICTURE_COUNT_MAX {
            c.say(format!("{} pictures, the first {PICTURE_COUNT_MAX} are shown", c.rows()));
            break;
        }
        match check_png(&files[i]) {
            Ok((width, height)) => {
                let own = shapes.iter_mut().filter(|(image, _)| *image == name[i]).map(|(_, s)| std::mem::take(s)).collect();
                list.push(Picture {
                    name: name[i].clone(),
                    modality: modality[i].clone(),
                    time_s: time[i],
                    caption: caption[i].clone(),
                    width,
                    height,
                    pixel_m: pixel[i],
                    png: &files[i],
                    shapes: join(own),
                });
            }
            Err(what) => c.say(format!("picture {}: {what}", clip(&name[i], 60))),
        }
    }
    list
}

/// Shapes in recorded order, each with the name of its picture.
fn shapes(c: &mut Columns<'_, '_>) -> Vec<(String, Vec<(f64, Shape)>)> {
    let (image, shape, kind, label) = (c.words("image"), c.numbers("shape"), c.words("kind"), c.words("label"));
    let (x, y) = (c.numbers("x_px"), c.numbers("y_px"));
    let mut list: Vec<(String, Vec<(f64, Shape)>)> = Vec::new();
    let mut counts: Vec<usize> = Vec::new();
    let mut left_out = 0_usize;
    for i in 0..c.rows() {
        let place = list.iter().position(|(name, _)| *name == image[i]);
        let place = match place {
            Some(place) => place,
            None if list.len() < 4 * PICTURE_COUNT_MAX => {
                list.push((image[i].clone(), Vec::new()));
                counts.push(0);
                list.len() - 1
            }
            None => {
                left_out += 1;
                continue;
            }
        };
        let sane = x[i].is_finite() && y[i].is_finite() && x[i].abs() < 1e6 && y[i].abs() < 1e6;
        if !sane || counts[place] >= POINT_COUNT_MAX {
            left_out += 1;
            continue;
        }
        counts[place] += 1;
        let own = &mut list[place].1;
        match own.last_mut() {
            Some((number, last)) if *number == shape[i] && last.kind == kind[i] => last.points_px.push([x[i], y[i]]),
            _ => own.push((shape[i], Shape { kind: kind[i].clone(), label: label[i].clone(), points_px: vec![[x[i], y[i]]] })),
        }
    }
    if left_out > 0 {
        c.say(format!("{left_out} points were left out: not finite or too many"));
    }
    list
}

fn join(own: Vec<Vec<(f64, Shape)>>) -> Vec<Shape> {
    own.into_iter().flatten().map(|(_, shape)| shape).collect()
}

/// Size of a PNG after decoding it whole.
fn check_png(bytes: &[u8]) -> Result<(u32, u32), String> {
    if bytes.len() > PICTURE_BYTES_MAX {
        return Err(format!("{} bytes, at most {PICTURE_BYTES_MAX} are shown", bytes.len()));
    }
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_limits(png::Limits { bytes: 256 << 20 });
    let mut reader = decoder.read_info().map_err(|e| format!("not a PNG: {e}"))?;
    let (width, height) = reader.info().size();
    if width == 0 || height == 0 || width > PICTURE_SIDE_MAX || height > PICTURE_SIDE_MAX {
        return Err(format!("{width} × {height} pixels, 1 to {PICTURE_SIDE_MAX} a side are shown"));
    }
    let size = reader.output_buffer_size().filter(|s| *s <= 256 << 20).ok_or("too large to decode")?;
    let mut buffer = vec![0; size];
    reader.next_frame(&mut buffer).map_err(|e| format!("damaged PNG: {e}"))?;
    Ok((width, height))
}
