//! The report as a whole: its structure, its repeatability, and what it makes of absent, damaged and hostile records.

#![allow(clippy::unwrap_used, reason = "helpers of tests stand outside of the test functions")]

mod support;

use proband_core::{Column, Stream, Table};
use proband_evidence::{RunRecords, load_run, render_report, write_report};

const SECTIONS: [&str; 13] = [
    "outcome",
    "arm",
    "seen",
    "believed",
    "sites",
    "stick",
    "draw",
    "timeline",
    "complications",
    "published",
    "warnings",
    "parameters",
    "provenance",
];

fn html(run: &RunRecords) -> String {
    render_report(run).unwrap().html
}

/// The made-up run without what takes long to draw.
fn light() -> RunRecords {
    let mut run = support::rehearsal();
    run.tables.retain(|t| t.name != "skin" && t.name != "anatomy");
    run
}

fn write(run: &RunRecords, folder: &std::path::Path) {
    std::fs::create_dir_all(folder.join("records")).unwrap();
    std::fs::write(folder.join("run.toml"), run.info.to_toml().unwrap()).unwrap();
    for table in &run.tables {
        proband_record::write_table(&proband_record::record_path(folder, &table.name), table).unwrap();
    }
}

/// The page without scripts, styles and pictures: what the records could have put there.
fn body_of(page: &str) -> String {
    let body = &page[page.find("<body>").unwrap()..page.rfind("<script nonce=").unwrap()];
    let mut out = String::new();
    let mut rest = body;
    while let Some(at) = rest.find("data:image/png;base64,") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = &rest[rest.find('"').unwrap()..];
    }
    out + rest
}

/// Every tag closes in its order, and no attribute holds a bare `<`.
fn check_nesting(page: &str) {
    const VOID: [&str; 4] = ["meta", "input", "image", "br"];
    let body = body_of(page);
    let mut open: Vec<&str> = Vec::new();
    let mut rest = &body[..];
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>').expect("a tag ends");
        let tag = &rest[..end];
        assert!(!tag.contains('<'), "a tag within a tag: {tag}");
        let name = tag.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap();
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed out of order near {tag}");
        } else if !tag.ends_with('/') && !VOID.contains(&name) && !tag.starts_with('!') {
            open.push(name);
        }
        rest = &rest[end..];
    }
    assert_eq!(open, ["body"], "left open");
}

/// Hold every section in its order, with drawings where they belong, and the figures that a reader looks for.
#[test]
fn a_rehearsal_has_every_section() {
    let report = render_report(&support::rehearsal()).unwrap();
    let page = &report.html;
    let mut last = 0;
    for id in SECTIONS {
        let at = page.find(&format!("<section id=\"{id}\">")).unwrap_or_else(|| panic!("no section {id}"));
        assert!(at > last);
        last = at;
    }
    let body = body_of(page);
    for words in [
        "Blood on the first stick.",
        "median cubital vein",
        "not a medical device",
        "amber-heron-41",
        "Section along the needle",
        "Section across the vein",
        "Force against depth",
        "guard: arm motion",
        "prior: unverified",
        "Leipheimer 2019",
        "axial force, N",
        "mmHg",
        "3 samples dropped",
        "nerve closer than 5 mm",
        "proband rehearse venipuncture --seed 7 -o out",
    ] {
        assert!(body.contains(words), "the page lacks \"{words}\"");
    }
    assert!(!body.contains("Not recorded"), "something of a whole record was called absent");
    assert!(!body.contains("NaN") && !body.contains("inf "), "a number that is none reached the page");
    for name in
        ["arm_oblique.png", "arm_palm_side.png", "arm_medial_side.png", "arm_entry.png", "arm_along_needle.png", "nir.png", "us_lumen.png"]
    {
        let (_, bytes) = report.pictures.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("no picture {name}"));
        assert_eq!(&bytes[..4], b"\x89PNG");
    }
    check_nesting(page);
}

/// Show a cohort with intervals, calibration and groups, and nothing of a single rehearsal.
#[test]
fn a_cohort_has_its_own_page() {
    let page = html(&support::cohort());
    for words in ["500 patients on the first stick", "Wilson", "Brier score", "darkest third", "BMI: 30 kg/m² and above", "Differs"] {
        assert!(page.contains(words), "the page lacks \"{words}\"");
    }
    assert!(!page.contains("<section id=\"stick\">"));
    check_nesting(&page);
}

/// Say plainly that it failed, why, and against what expectation.
#[test]
fn a_failure_is_said_plainly() {
    let with = |changes: &[(&str, f64)]| {
        let mut run = light();
        let outcome = run.tables.iter_mut().find(|t| t.name == "outcome").unwrap();
        let names = outcome.texts("name").unwrap().to_vec();
        let place = outcome.fields.iter().position(|f| f.name == "value").unwrap();
        if let Column::F64(values) = &mut outcome.columns[place] {
            for (name, value) in changes {
                values[names.iter().position(|n| n == name).unwrap()] = *value;
            }
        }
        html(&run)
    };
    let failed = [("first_stick_success", 0.0), ("success", 0.0), ("attempts", 2.0), ("handed_over", 1.0), ("transfixion", 1.0)];
    let page = with(&failed);
    for words in ["No blood: handed over to a human after 2 attempts.", "against what was expected", "vein pierced through", "✗ No"] {
        assert!(page.contains(words), "the page lacks \"{words}\"");
    }
    let page = with(&[("first_stick_success", 0.0), ("attempts", 2.0), ("haematoma_volume_ml", 1.7)]);
    assert!(page.contains("Blood drawn, on attempt 2.") && page.contains("haematoma of 1.7 mL"));
}

/// Give the same bytes for the same records.
#[test]
fn the_same_records_give_the_same_bytes() {
    let (a, b) = (render_report(&support::rehearsal()).unwrap(), render_report(&support::rehearsal()).unwrap());
    assert!(a == b, "two renderings differ");
}

/// Fetch nothing: no address outside of the page but the name of SVG.
#[test]
fn the_page_needs_no_network() {
    let page = html(&light());
    assert_eq!(page.matches("http").count(), page.matches("http://www.w3.org/2000/svg").count() + page.matches("http-equiv").count());
    for forbidden in ["src=", "url(", "@import", "<link", "<iframe", "<object"] {
        assert!(!page.contains(forbidden), "{forbidden} in the page");
    }
    assert!(page.contains("default-src 'none'"));
}

/// Make every word of the records hostile and find none of them alive.
#[test]
fn hostile_words_are_inert() {
    let payload = "<script>alert(1)</script>\"><img src=x onerror=alert(2)>' onmouseover='alert(3)' </svg></title>{{7*7}}]]>-->\u{202e}";
    for what in [light(), support::cohort()] {
        let clean = body_of(&html(&what));
        let mut run = what;
        for table in run.tables.iter_mut() {
            for column in &mut table.columns {
                if let Column::Text(words) = column {
                    for word in words.iter_mut() {
                        // Keep the words that decide what is drawn, so that the rest reaches the page too.
                        let kept = matches!(
                            word.as_str(),
                            "vein" | "artery" | "nerve" | "bone" | "nir" | "us_scan" | "insert" | "contact" | "draw" | "depth_m"
                        );
                        *word = if kept { word.clone() } else { format!("{word}{payload}") };
                    }
                }
            }
            for field in &mut table.fields {
                field.unit.push_str(payload);
                field.frame.push_str(payload);
                field.source.push_str(payload);
            }
        }
        for text in [&mut run.info.program, &mut run.info.version, &mut run.info.command, &mut run.info.procedure, &mut run.info.scenario] {
            text.push_str(payload);
        }
        run.info.twin.push_str(payload);
        run.info.digest.push_str(payload);
        run.problems.push(proband_evidence::Problem { place: payload.into(), text: payload.into() });
        let report = render_report(&run).unwrap();
        check_nesting(&report.html);
        assert_eq!(report.html.matches("<script").count(), 1, "a script that is not ours");
        let body = body_of(&report.html);
        assert!(body.contains("alert(1)"), "the payload did not reach the page, so nothing was tested");
        for alive in ["<script", "<img", "\u{202e}", "]]>"] {
            assert_eq!(body.matches(alive).count(), clean.matches(alive).count(), "{alive} is alive");
        }
        // Outside of quotes nothing of the payload may stand as an attribute.
        for tag in body.split('<').skip(1).filter_map(|t| t.split('>').next()) {
            let bare: String = tag.split('"').step_by(2).collect();
            assert!(!bare.contains("onerror") && !bare.contains("onmouseover"), "an attribute from the records: {tag}");
        }
        for (name, _) in &report.pictures {
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)), "file name {name}");
        }
    }
}

/// Leave out each table in turn and say so.
#[test]
fn absent_tables_are_said() {
    let mut whole = support::rehearsal();
    whole.tables.retain(|t| t.name != "images");
    for table in support::rehearsal().tables.iter().map(|t| t.name.as_str()) {
        let mut run = if table == "skin" { whole.clone() } else { light() };
        run.tables.retain(|t| t.name != table);
        let page = html(&run);
        assert!(page.contains("Not recorded"), "nothing said without {table}");
        check_nesting(&page);
    }
    let nothing = RunRecords { info: support::manifest(), tables: Vec::new(), problems: Vec::new() };
    check_nesting(&html(&nothing));
}

/// Take tables without rows, without columns, and with columns of the wrong type.
#[test]
fn empty_and_wrong_tables_are_survived() {
    for run in [support::rehearsal(), support::cohort()] {
        let empty = |c: &Column| match c {
            Column::F64(_) => Column::F64(Vec::new()),
            Column::I64(_) => Column::I64(Vec::new()),
            Column::Bool(_) => Column::Bool(Vec::new()),
            Column::Text(_) => Column::Text(Vec::new()),
            Column::Bytes(_) => Column::Bytes(Vec::new()),
        };
        let wrong = |c: &Column| match c {
            Column::Text(v) => Column::F64(vec![1.0; v.len()]),
            other => Column::Text(vec!["?".into(); other.len()]),
        };
        let changed = |f: &dyn Fn(&Column) -> Column| {
            let mut run = run.clone();
            for table in &mut run.tables {
                table.columns = table.columns.iter().map(f).collect();
            }
            run
        };
        check_nesting(&html(&changed(&empty)));
        let page = html(&changed(&wrong));
        assert!(page.contains("does not hold") || page.contains("is absent"));
        check_nesting(&page);
        let bare = RunRecords { tables: run.tables.iter().map(|t| Table::new(&t.name)).collect(), ..run.clone() };
        check_nesting(&html(&bare));
    }
}

/// Survive columns of different lengths, which a reader of files never gives but a caller may.
#[test]
fn ragged_tables_are_survived() {
    let mut run = light();
    for (i, table) in run.tables.iter_mut().enumerate() {
        let last = table.columns.len() - 1 - i % 2;
        match &mut table.columns[last] {
            Column::F64(v) => v.truncate(1),
            Column::I64(v) => v.truncate(1),
            Column::Bool(v) => v.truncate(1),
            Column::Text(v) => v.truncate(1),
            Column::Bytes(v) => v.truncate(1),
        }
    }
    let page = html(&run);
    assert!(page.contains("columns of different lengths"));
    check_nesting(&page);
}

/// Draw nothing that is not finite, whatever numbers the records hold.
#[test]
fn hostile_numbers_are_survived() {
    let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e308, -1e308, 1e-308, 0.0, -0.0, 1e18];
    for (all, seed) in [(true, 0), (false, 1), (false, 2)] {
        let mut stream = Stream::new(seed, 0, "test.hostile");
        // With every number bad nothing of the arm is left to draw; with some bad it is drawn once.
        for mut run in [if seed == 1 { support::rehearsal() } else { light() }, support::cohort()] {
            for table in run.tables.iter_mut().filter(|t| t.name != "skin") {
                for column in &mut table.columns {
                    match column {
                        Column::F64(v) => {
                            v.iter_mut().filter(|_| all || stream.bernoulli(0.3)).for_each(|x| *x = bad[stream_index(x, &bad)])
                        }
                        Column::I64(v) if all => v.iter_mut().for_each(|x| *x = i64::MAX),
                        _ => {}
                    }
                }
            }
            let page = html(&run);
            check_nesting(&page);
            let body = body_of(&page);
            assert!(!body.contains("NaN"), "NaN in the page");
        }
    }
}

/// An index that depends on the bits of a number, so that neighbours get different replacements.
fn stream_index(x: &f64, list: &[f64]) -> usize {
    (x.to_bits().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize % list.len()
}

/// Write a folder, read it again, and get the page that the records in memory give.
#[test]
fn a_folder_gives_the_same_page_as_memory() {
    let folder = tempfile::tempdir().unwrap();
    let run = light();
    write(&run, folder.path());
    let page = write_report(folder.path()).unwrap();
    assert_eq!(std::fs::read_to_string(&page).unwrap(), html(&run));
    assert!(folder.path().join("pictures/nir.png").is_file());
    // By digests, since a missing number is not equal to itself.
    let digests = |run: &RunRecords| run.tables.iter().map(|t| proband_record::table_digest(t).unwrap().hash).collect::<Vec<_>>();
    let read = load_run(folder.path()).unwrap();
    assert!(read.info == run.info && read.problems.is_empty() && digests(&read) == digests(&run));
    // Again over the old one.
    write_report(folder.path()).unwrap();
}

/// Say which table is damaged and report the rest; the page does not say where the folder stands.
#[test]
fn a_damaged_table_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write(&light(), folder.path());
    let file = folder.path().join("records/ticks.parquet");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    std::fs::write(&file, &bytes).unwrap();
    std::fs::write(folder.path().join("records/phases.parquet"), b"PAR1 not at all PAR1").unwrap();
    std::fs::write(folder.path().join("records/needle.parquet"), b"").unwrap();
    let run = load_run(folder.path()).unwrap();
    assert_eq!(run.problems.len(), 3, "{:?}", run.problems);
    let page = html(&run);
    assert!(page.contains("ticks.parquet") && page.contains("phases.parquet") && page.contains("could not be used"));
    assert!(!page.contains(&folder.path().display().to_string()));
    check_nesting(&page);
}

/// Refuse folders that hold no run, with the reason.
#[test]
fn folders_without_a_run_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = |path: &std::path::Path| load_run(path).unwrap_err().to_string();
    assert!(error(&folder.path().join("absent")).contains("no such folder"));
    assert!(error(folder.path()).contains("no run.toml"));
    std::fs::write(folder.path().join("run.toml"), "seed = \"seven\"").unwrap();
    assert!(error(folder.path()).contains("run.toml"));
    std::fs::write(folder.path().join("run.toml"), support::manifest().to_toml().unwrap()).unwrap();
    assert!(error(folder.path()).contains("no folder records"));
}

/// Take pictures that are no pictures, and say so.
#[test]
fn damaged_pictures_are_said() {
    let mut run = light();
    let images = run.tables.iter_mut().find(|t| t.name == "images").unwrap();
    let place = images.fields.iter().position(|f| f.name == "png").unwrap();
    if let Column::Bytes(files) = &mut images.columns[place] {
        files[0].truncate(100);
        files[1] = b"<svg onload=alert(1)>".to_vec();
        files[2].clear();
        let end = files[3].len() / 2;
        files[3].truncate(end);
    }
    let page = html(&run);
    assert!(page.contains("not a PNG") && page.contains("damaged PNG") && page.contains("us_lumen"));
    assert!(!page.contains("<svg onload"));
    check_nesting(&page);
}
