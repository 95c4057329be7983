//! One file per kind of resource that is read.

mod clinical;
mod dosage;
mod observation;
mod patient;

pub(crate) use clinical::{allergy, condition, device, medication, procedure};
pub(crate) use observation::observation;
pub(crate) use patient::demographics;

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::element::PatientNames;
use crate::json::Object;
use crate::notes::Notes;

/// What every resource reader is given.
pub(crate) struct Reader<'n, 'w, 'a> {
    pub(crate) notes: &'n Notes<'w>,
    pub(crate) patient: &'n PatientNames,
    /// Medication resources by fullUrl and by "Medication/id", with their paths.
    pub(crate) medications: &'n BTreeMap<String, (&'a RawValue, String)>,
}

impl Reader<'_, '_, '_> {
    /// Count the fields that nobody asked for. Narrative and metadata are expected and not worth a line.
    pub(crate) fn count_unread(&self, resource_type: &str, object: &Object<'_>) {
        for field in object.unread().filter(|field| !["resourceType", "id", "meta", "text"].contains(field)) {
            self.notes.count_ignored_field(resource_type, field);
        }
    }
}
