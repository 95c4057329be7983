//! The rows of a recorded table as they stand in a report.

use proband_core::{Column, Field, Table};

use crate::text::esc;

/// The body of a table in HTML: at most `rows_max` rows, then how many more there are; `number` writes what is measured.
pub(crate) fn body(table: &Table, rows_max: usize, number: &dyn Fn(&Field, f64) -> String) -> String {
    let mut html = String::from("<tbody>\n");
    for row in 0..table.row_count().min(rows_max) {
        html.push_str("<tr>");
        for (field, column) in table.fields.iter().zip(&table.columns) {
            let cell = match column {
                Column::F64(v) => v.get(row).map_or(String::new(), |v| number(field, *v)),
                Column::I64(v) => v.get(row).map_or(String::new(), ToString::to_string),
                Column::Bool(v) => v.get(row).map_or("", |v| if *v { "yes" } else { "no" }).to_owned(),
                Column::Text(v) => v.get(row).map_or(String::new(), |v| esc(v)),
                Column::Bytes(_) => String::new(),
            };
            html.push_str(&format!("<td>{cell}</td>"));
        }
        html.push_str("</tr>\n");
    }
    if table.row_count() > rows_max {
        html.push_str(&format!("<tr><td>and {} more in the records</td></tr>\n", table.row_count() - rows_max));
    }
    html + "</tbody>"
}
