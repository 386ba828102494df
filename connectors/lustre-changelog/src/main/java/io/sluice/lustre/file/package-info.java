/** What Lustre adds to the reading and restoring of files: layouts, stripes, data on tape. */
package io.sluice.lustre.file;
