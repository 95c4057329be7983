//! Words from files, made fit to keep and to show.

/// At most `max` printable characters, blanks trimmed.
pub(crate) fn clean(text: &str, max: usize) -> String {
    let printable: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(max).collect();
    printable.trim().to_owned()
}

/// Bytes as text: UTF-8 where it is, else Latin-1.
pub(crate) fn decode(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|b| char::from(*b)).collect(), str::to_owned)
}

/// A moment of a record: `12.5 s`, `1:02:03 h`.
pub(crate) fn moment(seconds: f64) -> String {
    if seconds < 600.0 {
        return format!("{seconds:.3} s");
    }
    let whole = seconds as u64;
    format!("{}:{:02}:{:02} h", whole / 3600, whole / 60 % 60, whole % 60)
}

/// A span of a record.
pub(crate) fn span(from_s: f64, to_s: f64) -> String {
    format!("{} to {}", moment(from_s), moment(to_s))
}
