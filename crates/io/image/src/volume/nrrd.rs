//! NRRD 1 to 5: attached or detached, raw, gzip or text.

use std::collections::BTreeMap;

use proband_core::Warnings;

use crate::ImageError;
use crate::volume::inflate::{Packing, VOLUME_BYTES_MAX, first_bytes};
use crate::volume::samples::{Endian, Kind, Layout, data_bytes, frames, grid_lps};
use crate::volume::text_header::{line, numbers, shorten, sides};
use crate::volume::{FRAME_COUNT_MAX, VolumeFile};

const FORMAT: &str = "NRRD";

fn damaged(what: impl Into<String>) -> ImageError {
    ImageError::Damaged { format: FORMAT, place: "header", what: what.into() }
}

/// Fields by name, and where the values begin when they are attached.
struct Header {
    fields: BTreeMap<String, String>,
    data_at: usize,
}

fn parse(bytes: &[u8]) -> Result<Header, ImageError> {
    let (magic, mut at) = line(bytes, 0).ok_or_else(|| damaged("no first line"))?;
    if !(magic.len() == 8 && magic.starts_with(b"NRRD000") && (b'1'..=b'5').contains(&magic[7])) {
        return Err(damaged("first line is not NRRD0001 to NRRD0005"));
    }
    let mut fields = BTreeMap::new();
    loop {
        let text = match line(bytes, at) {
            Some((text, next)) => {
                at = next;
                text
            }
            // A detached header may end without an empty line.
            None => {
                let rest = bytes.get(at..).unwrap_or_default();
                at = bytes.len();
                if rest.len() > 10_000 || rest.is_empty() { b"" } else { rest }
            }
        };
        if text.is_empty() {
            return Ok(Header { fields, data_at: at });
        }
        if fields.len() > 1000 {
            return Err(damaged("more than 1000 fields"));
        }
        let text = String::from_utf8_lossy(text);
        // "key:=value" is for people, not for readers.
        if text.starts_with('#') || text.contains(":=") {
            continue;
        }
        let (name, value) = text.split_once(':').ok_or_else(|| damaged(format!("line \"{}\" has no colon", shorten(&text))))?;
        fields.insert(name.trim().to_ascii_lowercase().replace(' ', ""), value.trim().to_owned());
    }
}

/// The file that holds the values, when a header names one.
///
/// # Errors
/// [`ImageError`] when this is no NRRD header.
pub fn nrrd_data_file(header: &[u8]) -> Result<Option<String>, ImageError> {
    let fields = parse(header)?.fields;
    Ok(fields.get("datafile").cloned())
}

/// Read an attached NRRD.
///
/// The space that the file states becomes LPS; where it states none, LPS is assumed and noted. Lengths are
/// millimetres unless `space units` says otherwise.
///
/// # Errors
/// [`ImageError`] that names the place: header, size, data.
pub fn read_nrrd(bytes: &[u8], warnings: &Warnings) -> Result<VolumeFile, ImageError> {
    let header = parse(bytes)?;
    if let Some(file) = header.fields.get("datafile") {
        return Err(ImageError::Unsupported {
            format: FORMAT,
            what: format!("the values lie in \"{}\"; give that file too", shorten(file)),
        });
    }
    read(&header, &bytes[header.data_at..], warnings)
}

/// Read a detached header with the bytes of its data file.
///
/// # Errors
/// As [`read_nrrd`].
pub fn read_nrrd_with(header: &[u8], data: &[u8], warnings: &Warnings) -> Result<VolumeFile, ImageError> {
    read(&parse(header)?, data, warnings)
}

impl Header {
    fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    fn need(&self, name: &str) -> Result<&str, ImageError> {
        self.get(name).ok_or_else(|| damaged(format!("field \"{name}\" is absent")))
    }

    fn kind(&self) -> Result<Kind, ImageError> {
        Ok(match self.need("type")?.to_ascii_lowercase().as_str() {
            "signed char" | "int8" | "int8_t" => Kind::I8,
            "uchar" | "unsigned char" | "uint8" | "uint8_t" => Kind::U8,
            "short" | "short int" | "signed short" | "signed short int" | "int16" | "int16_t" => Kind::I16,
            "ushort" | "unsigned short" | "unsigned short int" | "uint16" | "uint16_t" => Kind::U16,
            "int" | "signed int" | "int32" | "int32_t" => Kind::I32,
            "uint" | "unsigned int" | "uint32" | "uint32_t" => Kind::U32,
            "longlong" | "long long" | "long long int" | "signed long long" | "signed long long int" | "int64" | "int64_t" => Kind::I64,
            "ulonglong" | "unsigned long long" | "unsigned long long int" | "uint64" | "uint64_t" => Kind::U64,
            "float" => Kind::F32,
            "double" => Kind::F64,
            other => return Err(ImageError::Unsupported { format: FORMAT, what: format!("type \"{}\"", shorten(other)) }),
        })
    }

    fn skip(&self, name: &str) -> Result<i64, ImageError> {
        let Some(text) = self.get(name) else { return Ok(0) };
        text.parse().map_err(|_| damaged(format!("{name}: \"{}\" is no whole number", shorten(text))))
    }
}

/// Where the axes of the file point: one vector or "none" for each axis.
fn directions(text: &str) -> Result<Vec<Option<[f64; 3]>>, ImageError> {
    let mut out = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("none") {
            out.push(None);
            rest = after.trim_start();
        } else {
            let (vector, after) = vector(rest)?;
            out.push(Some(vector));
            rest = after;
        }
        if out.len() > 16 {
            return Err(damaged("space directions: more than 16 axes"));
        }
    }
    Ok(out)
}

fn vector(text: &str) -> Result<([f64; 3], &str), ImageError> {
    let no = || damaged(format!("\"{}\" is no vector (x,y,z)", shorten(text)));
    let (inside, after) = text.strip_prefix('(').and_then(|t| t.split_once(')')).ok_or_else(no)?;
    let parts = numbers(FORMAT, "vector", &inside.replace(',', " "))?;
    let vector = <[f64; 3]>::try_from(parts).map_err(|_| no())?;
    Ok((vector, after.trim_start()))
}

/// Sign of the space's axes against LPS.
fn space_sign(header: &Header, warnings: &Warnings) -> Result<[f64; 3], ImageError> {
    let Some(space) = header.get("space") else {
        if header.get("spacedimension").is_some_and(|d| d != "3") {
            return Err(ImageError::Unsupported { format: FORMAT, what: "a space of other than 3 dimensions".into() });
        }
        warnings.note("space", "absent; axes taken as left, posterior, superior");
        return Ok([1.0; 3]);
    };
    Ok(match space.to_ascii_lowercase().as_str() {
        "left-posterior-superior" | "lps" => [1.0, 1.0, 1.0],
        "right-anterior-superior" | "ras" => [-1.0, -1.0, 1.0],
        "left-anterior-superior" | "las" => [1.0, -1.0, 1.0],
        "scanner-xyz" | "3d-right-handed" | "3d-left-handed" => {
            warnings
                .note("space", format!("\"{}\" says nothing about the patient; axes taken as left, posterior, superior", shorten(space)));
            [1.0; 3]
        }
        other => return Err(ImageError::Unsupported { format: FORMAT, what: format!("space \"{}\"", shorten(other)) }),
    })
}

/// Spatial sizes and steps, number of frames, and whether frames run fastest.
struct Axes {
    size: [u32; 3],
    steps: [[f64; 3]; 3],
    frame_count: u64,
    interleaved: bool,
}

fn axes(header: &Header, warnings: &Warnings) -> Result<Axes, ImageError> {
    let dimension = sides(FORMAT, "dimension", header.need("dimension")?)?;
    let sizes = sides(FORMAT, "sizes", header.need("sizes")?)?;
    if dimension.len() != 1 || dimension[0] != sizes.len() as u64 || sizes.len() > 16 {
        return Err(damaged(format!("dimension and sizes disagree: {dimension:?}, {} sizes", sizes.len())));
    }
    let unit = |axis: usize, length: f64| std::array::from_fn(|a| if a == axis { length } else { 0.0 });
    let directions = match (header.get("spacedirections"), header.get("spacings")) {
        (Some(text), _) => directions(text)?,
        (None, spacings) => {
            let spacings = match spacings {
                Some(text) => text.split_whitespace().map(|w| w.parse::<f64>().ok().filter(|v| v.is_finite() && *v > 0.0)).collect(),
                None => {
                    warnings.note("spacings", "absent; 1 mm assumed");
                    vec![Some(1.0); sizes.len()]
                }
            };
            spacings
                .iter()
                .take(3)
                .enumerate()
                .map(|(a, s)| Some(unit(a, s.unwrap_or(1.0))))
                .chain(spacings.iter().skip(3).map(|_| None))
                .collect()
        }
    };
    if directions.len() != sizes.len() {
        return Err(damaged(format!("{} axes in directions or spacings, {} in sizes", directions.len(), sizes.len())));
    }
    let spatial: Vec<usize> = (0..sizes.len()).filter(|a| directions[*a].is_some()).collect();
    let frames: Vec<usize> = (0..sizes.len()).filter(|a| directions[*a].is_none() && sizes[*a] > 1).collect();
    let interleaved = frames.first().is_some_and(|f| spatial.first().is_some_and(|s| f < s));
    let in_order = frames.iter().all(|f| spatial.iter().all(|s| (f < s) == interleaved));
    if spatial.len() > 3 || !in_order {
        return Err(ImageError::Unsupported { format: FORMAT, what: "axes that are neither a volume nor a series of volumes".into() });
    }
    let mut out = Axes { size: [1; 3], steps: std::array::from_fn(|a| unit(a, 1.0)), frame_count: 1, interleaved };
    for (place, axis) in spatial.iter().enumerate() {
        out.size[place] = u32::try_from(sizes[*axis]).unwrap_or(u32::MAX);
        out.steps[place] = directions[*axis].unwrap_or_default();
    }
    // A picture in space gets its third axis across the other two.
    if spatial.len() == 2 {
        let ([a, b, c], [d, e, f]) = (out.steps[0], out.steps[1]);
        let across = [b * f - c * e, c * d - a * f, a * e - b * d];
        let length = across.iter().map(|v| v * v).sum::<f64>().sqrt();
        out.steps[2] = across.map(|v| v / length);
    }
    out.frame_count = frames.iter().fold(1_u64, |n, axis| n.saturating_mul(sizes[*axis]));
    Ok(out)
}

fn read(header: &Header, data: &[u8], warnings: &Warnings) -> Result<VolumeFile, ImageError> {
    let kind = header.kind()?;
    let axes = axes(header, warnings)?;
    let sign = space_sign(header, warnings)?;
    let origin = match header.get("spaceorigin") {
        Some(text) => vector(text)?.0,
        None => {
            warnings.note("space origin", "absent; the origin is the first voxel");
            [0.0; 3]
        }
    };
    let unit_m = match header.get("spaceunits").map(|u| u.split_whitespace().next().unwrap_or("").trim_matches('"').to_owned()).as_deref() {
        None | Some("mm" | "millimeter" | "") => 1e-3,
        Some("m") => 1.0,
        Some("cm") => 1e-2,
        Some("um") => 1e-6,
        Some(other) => return Err(ImageError::Unsupported { format: FORMAT, what: format!("space units \"{}\"", shorten(other)) }),
    };
    let grid = grid_lps(axes.size, origin, axes.steps, sign, unit_m, FORMAT)?;
    let endian = match header.get("endian").map(str::to_ascii_lowercase).as_deref() {
        Some("big") => Endian::Big,
        Some("little") => Endian::Little,
        Some(other) => return Err(damaged(format!("endian: \"{}\"", shorten(other)))),
        None if kind.bytes() == 1 || is_text(header) => Endian::Little,
        None => return Err(damaged("field \"endian\" is absent")),
    };
    let layout = Layout { kind, endian, slope: 1.0, intercept: 0.0, interleaved: axes.interleaved };
    let wanted = data_bytes(&grid, axes.frame_count.min(FRAME_COUNT_MAX + 1), kind, FORMAT)?;
    let (bytes, layout) = if is_text(header) {
        (text_values(header, data, wanted / kind.bytes())?, Layout { kind: Kind::F64, ..layout })
    } else {
        (plain(header, data, wanted)?, layout)
    };
    let frames = frames(grid, axes.frame_count, &bytes, &layout, FORMAT)?;
    let placed_by = if header.get("spacedirections").is_some() { "space directions" } else { "spacings" };
    Ok(VolumeFile { format: FORMAT, frames, placed_by })
}

fn is_text(header: &Header) -> bool {
    header.get("encoding").is_some_and(|e| ["ascii", "text", "txt"].contains(&e.to_ascii_lowercase().as_str()))
}

fn skip_lines(header: &Header, data: &[u8]) -> Result<usize, ImageError> {
    let mut at = 0;
    for _ in 0..header.skip("lineskip")?.clamp(0, 1_000_000) {
        at = line(data, at).ok_or_else(|| damaged("line skip: more lines than the data have"))?.1;
    }
    Ok(at)
}

/// The values' bytes, after the lines and bytes that are to be skipped.
fn plain(header: &Header, data: &[u8], wanted: u64) -> Result<Vec<u8>, ImageError> {
    let data = &data[skip_lines(header, data)?..];
    let skip = header.skip("byteskip")?;
    if skip < -1 {
        return Err(damaged(format!("byte skip: {skip} is below -1")));
    }
    let packing = match header.need("encoding")?.to_ascii_lowercase().as_str() {
        "raw" => Packing::Raw,
        "gzip" | "gz" => Packing::Gzip,
        other => {
            let what = format!("encoding \"{}\" (raw, gzip and text are read)", shorten(other));
            return Err(ImageError::Unsupported { format: FORMAT, what });
        }
    };
    if skip == -1 {
        // The values are the last bytes, whatever goes before.
        let all = if packing == Packing::Raw { data.to_vec() } else { first_bytes(data, packing, VOLUME_BYTES_MAX, FORMAT)? };
        let before = (all.len() as u64).saturating_sub(wanted);
        return Ok(all[before as usize..].to_vec());
    }
    let skip = skip as u64;
    let all = first_bytes(data, packing, skip.saturating_add(wanted), FORMAT)?;
    Ok(all.get(usize::try_from(skip).unwrap_or(usize::MAX)..).unwrap_or_default().to_vec())
}

/// Written numbers as bytes of `f64`.
fn text_values(header: &Header, data: &[u8], wanted: u64) -> Result<Vec<u8>, ImageError> {
    let data = &data[skip_lines(header, data)?..];
    let text = String::from_utf8_lossy(data);
    let mut out = Vec::new();
    for word in
        text.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty()).take(usize::try_from(wanted).unwrap_or(usize::MAX))
    {
        let value: f64 = word.parse().map_err(|_| ImageError::Damaged {
            format: FORMAT,
            place: "data",
            what: format!("\"{}\" is no number", shorten(word)),
        })?;
        out.extend_from_slice(&value.to_le_bytes());
    }
    Ok(out)
}
