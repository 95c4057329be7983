//! Days of the calendar and the partial dates of FHIR, which are intervals of days.

use serde::{Deserialize, Serialize};

use crate::ChartError;

/// Mean length of a Gregorian year [d].
const DAYS_PER_YEAR: f64 = 365.2425;

/// A day of the proleptic Gregorian calendar. Ordered in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Day {
    /// Year, 1 to 9999.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
}

fn is_leap(year: u16) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        2 => 28 + u8::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Day {
    /// A day, if the calendar has it.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let valid = (1..=9999).contains(&year) && (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
        valid.then_some(Self { year, month, day })
    }

    /// Read `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`ChartError::BadDate`] when the text is no full day.
    pub fn parse(text: &str) -> Result<Self, ChartError> {
        let when = When::parse(text)?;
        if when.first == when.last && text.len() == 10 { Ok(when.first) } else { Err(bad(text, "a full day is wanted, as in 2020-02-29")) }
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn number(self) -> i32 {
        // Years begin in March, so that the leap day is the last of its year.
        let (y, m) = if self.month > 2 {
            (i32::from(self.year), i32::from(self.month) - 3)
        } else {
            (i32::from(self.year) - 1, i32::from(self.month) + 9)
        };
        let day_of_year = (153 * m + 2) / 5 + i32::from(self.day) - 1;
        365 * y + y / 4 - y / 100 + y / 400 + day_of_year - 719_468
    }

    /// Days from `self` to `later`; negative when `later` is earlier.
    #[must_use]
    pub fn days_until(self, later: Self) -> i32 {
        later.number() - self.number()
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// Ages that are possible [y].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgeRange {
    /// Youngest.
    pub low_y: f64,
    /// Oldest.
    pub high_y: f64,
}

impl AgeRange {
    /// Middle of the range [y].
    #[must_use]
    pub fn middle_y(self) -> f64 {
        0.5 * (self.low_y + self.high_y)
    }
}

/// A FHIR date, dateTime or instant: an interval of days, with the moment and its offset where the file gives them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// As written.
    pub written: String,
    /// First day that it may be, in the place's own calendar.
    pub first: Day,
    /// Last day that it may be.
    pub last: Day,
    /// Seconds since 1970-01-01T00:00:00Z, where time and offset are given.
    pub utc_s: Option<i64>,
    /// Offset of the clock from UTC [min], where given.
    pub offset_min: Option<i16>,
}

fn bad(text: &str, what: &'static str) -> ChartError {
    ChartError::BadDate { written: text.chars().take(40).collect(), what }
}

/// Exactly `width` ASCII digits at `at`.
fn digits(bytes: &[u8], at: usize, width: usize) -> Option<u16> {
    let part = bytes.get(at..at + width)?;
    part.iter().try_fold(0_u16, |sum, b| b.is_ascii_digit().then(|| sum * 10 + u16::from(b - b'0')))
}

impl When {
    /// Read a FHIR date, dateTime or instant.
    ///
    /// # Errors
    /// [`ChartError::BadDate`] when the text is none of them or the calendar does not have the day.
    pub fn parse(text: &str) -> Result<Self, ChartError> {
        let b = text.as_bytes();
        let shape = "wanted: 1970, 1970-05, 1970-05-17 or 1970-05-17T09:30:00+02:00";
        let no_day = "the calendar has no such day";
        let year = digits(b, 0, 4).ok_or_else(|| bad(text, shape))?;
        let interval = |first: Option<Day>, last: Option<Day>| match (first, last) {
            (Some(first), Some(last)) => Ok(Self { written: text.into(), first, last, utc_s: None, offset_min: None }),
            _ => Err(bad(text, no_day)),
        };
        if b.len() == 4 {
            return interval(Day::new(year, 1, 1), Day::new(year, 12, 31));
        }
        let month = digits(b, 5, 2).filter(|_| b[4] == b'-').ok_or_else(|| bad(text, shape))? as u8;
        if b.len() == 7 {
            return interval(Day::new(year, month, 1), Day::new(year, month, days_in_month(year, month)));
        }
        let day = digits(b, 8, 2).filter(|_| b[7] == b'-').ok_or_else(|| bad(text, shape))? as u8;
        let mut when = interval(Day::new(year, month, day), Day::new(year, month, day))?;
        if b.len() == 10 {
            return Ok(when);
        }
        let (clock_s, rest) = clock(b).ok_or_else(|| bad(text, shape))?;
        if !rest.is_empty() {
            let offset_min = offset(rest).ok_or_else(|| bad(text, shape))?;
            when.offset_min = Some(offset_min);
            when.utc_s = Some(i64::from(when.first.number()) * 86_400 + i64::from(clock_s) - 60 * i64::from(offset_min));
        }
        Ok(when)
    }

    /// Age on a day when born within this interval. `None` when the day is before the birth.
    #[must_use]
    pub fn age_on(&self, day: Day) -> Option<AgeRange> {
        let age = |birth: Day| f64::from(birth.days_until(day)) / DAYS_PER_YEAR;
        (self.first <= day).then(|| AgeRange { low_y: age(self.last).max(0.0), high_y: age(self.first) })
    }

    /// Whether it surely was on or before `day`.
    #[must_use]
    pub fn is_by(&self, day: Day) -> bool {
        self.last <= day
    }
}

/// `Thh:mm[:ss[.fraction]]` from byte 10: whole seconds of the day and what follows.
fn clock(b: &[u8]) -> Option<(u32, &[u8])> {
    if b.get(10) != Some(&b'T') || b.get(13) != Some(&b':') {
        return None;
    }
    let (hour, minute) = (digits(b, 11, 2)?, digits(b, 14, 2)?);
    let (mut second, mut at) = (0, 16);
    if b.get(16) == Some(&b':') {
        second = digits(b, 17, 2)?;
        at = 19;
        if b.get(at) == Some(&b'.') {
            let fraction = b[at + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
            if fraction == 0 {
                return None;
            }
            at += 1 + fraction;
        }
    }
    // 60 is a leap second.
    (hour < 24 && minute < 60 && second <= 60).then(|| (u32::from(hour) * 3600 + u32::from(minute) * 60 + u32::from(second), &b[at..]))
}

/// `Z` or `±hh:mm` in minutes.
fn offset(rest: &[u8]) -> Option<i16> {
    if rest == b"Z" {
        return Some(0);
    }
    let sign = match rest.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hour, minute) = (digits(rest, 1, 2)?, digits(rest, 4, 2)?);
    (rest.len() == 6 && rest[3] == b':' && hour <= 14 && minute < 60).then(|| sign * (hour * 60 + minute) as i16)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Count days as the calendar does, across leap years and centuries.
    #[test]
    fn days_are_numbered() {
        let number = |y, m, d| Day::new(y, m, d).unwrap().number();
        assert_eq!(number(1970, 1, 1), 0);
        assert_eq!(number(2000, 3, 1), 11_017);
        assert_eq!(number(1900, 2, 28) + 1, number(1900, 3, 1));
        assert_eq!(number(2020, 2, 28) + 2, number(2020, 3, 1));
        assert_eq!(number(2026, 1, 1), 20_454);
        assert!(Day::new(2023, 2, 29).is_none() && Day::new(0, 1, 1).is_none() && Day::new(2023, 13, 1).is_none());
    }

    /// Keep partial dates as intervals.
    #[test]
    fn partial_dates_are_intervals() {
        let year = When::parse("1970").unwrap();
        assert_eq!((year.first.to_string(), year.last.to_string()), ("1970-01-01".into(), "1970-12-31".into()));
        let month = When::parse("2020-02").unwrap();
        assert_eq!(month.last.to_string(), "2020-02-29");
        let age = year.age_on(Day::new(2020, 12, 31).unwrap()).unwrap();
        assert!((age.low_y - 50.0).abs() < 0.01 && (age.high_y - 51.0).abs() < 0.01, "{age:?}");
        assert!(year.age_on(Day::new(1969, 12, 31).unwrap()).is_none());
    }

    /// Normalise the moment and keep the offset.
    #[test]
    fn offsets_are_kept() {
        let when = When::parse("2020-02-29T23:30:00.250-05:00").unwrap();
        assert_eq!(when.offset_min, Some(-300));
        assert_eq!(when.utc_s, When::parse("2020-03-01T04:30:00Z").unwrap().utc_s);
        assert_eq!(when.first.to_string(), "2020-02-29");
        assert_eq!(When::parse("2020-02-29T23:30:00").unwrap().utc_s, None);
    }

    /// Refuse what is no date.
    #[test]
    fn bad_dates_are_refused() {
        for text in [
            "",
            "20",
            "1970-5",
            "1970-02-30",
            "1970/02/01",
            "1970-02-01T",
            "1970-02-01T25:00:00Z",
            "1970-02-01T10:00:00+2",
            "0000",
            "1970-02-01x",
            "١٩٧٠",
        ] {
            assert!(When::parse(text).is_err(), "{text}");
        }
        assert!(Day::parse("1970-02").is_err() && Day::parse("1970-02-01T10:00:00Z").is_err());
    }

    proptest::proptest! {
        /// Give a value or an error for any text.
        #[test]
        fn any_text_is_answered(text in "\\PC{0,40}") {
            let _ = When::parse(&text);
        }
        /// Write a day and read it back; days and numbers have the same order.
        #[test]
        fn days_round_trip(a in 1_u16..9999, m in 1_u8..=12, d in 1_u8..=28, b in 1_u16..9999) {
            let (first, second) = (Day::new(a, m, d).unwrap(), Day::new(b, m, d).unwrap());
            proptest::prop_assert_eq!(Day::parse(&first.to_string()).unwrap(), first);
            proptest::prop_assert_eq!(first.cmp(&second), first.number().cmp(&second.number()));
        }
    }
}
