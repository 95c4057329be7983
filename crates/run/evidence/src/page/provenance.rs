//! Where everything on the page came from, and how to make it again.

use proband_record::table_digest;

use crate::{
    RunRecords,
    number::count,
    page::{Section, table},
    text::esc,
    view::{TABLES, View},
};

/// Name and digest of each table, computed from the records as they were read; in place of the digest of a table
/// of no shape, the reason why it has none.
pub(crate) fn table_digests(run: &RunRecords) -> Vec<(String, String)> {
    let digest = |t| table_digest(t).map_or_else(|e| e.to_string(), |d| d.to_string());
    run.tables.iter().map(|t| (t.name.clone(), digest(t))).collect()
}

/// A row per table of the run: file, rows, columns, digest.
pub(crate) fn table_rows(run: &RunRecords, digests: &[(String, String)]) -> Vec<(String, Vec<(String, &'static str)>)> {
    let row = |(t, (name, digest)): (&proband_core::Table, &(String, String))| {
        let cells = vec![
            (format!("<code>records/{}.parquet</code>", esc(name)), "w"),
            (count(t.row_count() as u64), "n"),
            (t.columns.len().to_string(), "n"),
            (format!("<code>{}</code>", esc(digest)), "w"),
        ];
        (String::new(), cells)
    };
    run.tables.iter().zip(digests).map(row).collect()
}

/// The section.
pub(super) fn section(view: &View<'_>, run: &RunRecords, digests: &[(String, String)]) -> Section {
    let info = view.info;
    let mut body = String::from(
        "<p class=\"lead\">The same program, scenario and seed give the same records, bit for bit, at any number of threads. The digests below were computed now, from the records that this page was made from.</p>\n",
    );
    let or = |text: &str| if text.is_empty() { "not recorded".into() } else { format!("<code>{}</code>", esc(text)) };
    let mut facts = vec![
        (String::new(), vec![("To make the records again".into(), ""), (or(&info.command), "w")]),
        (
            String::new(),
            vec![("To make this page again".into(), ""), ("<code>proband report</code> with the folder of the run".into(), "w")],
        ),
        (String::new(), vec![("Program and version".into(), ""), (format!("{} {}", or(&info.program), esc(&info.version)), "w")]),
        (String::new(), vec![("Scenario".into(), ""), (or(&info.scenario), "w")]),
        (String::new(), vec![("Seed, patient".into(), ""), (format!("<code>{}</code>, <code>{}</code>", info.seed, info.patient), "w")]),
        (String::new(), vec![("Digest stated by the run".into(), ""), (or(&info.digest), "w")]),
    ];
    if run.table("tissue").is_some() {
        let what = "finite elements around the puncture (table <code>tissue</code>), not the needle-axis model";
        facts.push((String::new(), vec![("Tissue".into(), ""), (what.into(), "w")]));
    }
    body.push_str(&table(&["", ""], &facts));
    let rows = table_rows(run, digests);
    if rows.is_empty() {
        body.push_str(&super::absent("any table"));
    } else {
        body.push_str(&table(&["Table", "#Rows", "#Columns", "Digest (size in bytes, BLAKE3)"], &rows));
    }
    let missing: Vec<&str> = TABLES.iter().copied().filter(|n| *n != "cohort" && run.table(n).is_none()).collect();
    if !missing.is_empty() && view.has_rehearsal() {
        body.push_str(&super::absent(&format!("tables {}", missing.join(", "))));
    }
    body.push_str(&columns(run));
    Section { id: "provenance", title: "Provenance", body }
}

/// Unit, frame and source of every column.
fn columns(run: &RunRecords) -> String {
    const SHOWN: usize = 1000;
    let all = run.tables.iter().flat_map(|t| t.fields.iter().map(move |f| (t, f)));
    let rows: Vec<_> = all
        .take(SHOWN)
        .map(|(t, f)| {
            let cells = vec![
                (esc(&t.name), ""),
                (format!("<code>{}</code>", esc(&f.name)), ""),
                (esc(&f.unit), "u"),
                (esc(&f.frame), ""),
                (esc(&f.source), "src"),
            ];
            (String::new(), cells)
        })
        .collect();
    format!(
        "<details><summary>Every column with its unit, frame and source</summary>{}</details>\n",
        table(&["Table", "Column", "Unit", "Frame", "Source"], &rows)
    )
}
