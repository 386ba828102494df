/** The changelog of an MDT: its records, decoded from what the library or the device gives. */
package io.sluice.lustre.changelog;
