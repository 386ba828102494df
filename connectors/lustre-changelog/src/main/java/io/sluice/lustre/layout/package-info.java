/**
 * How a file's data lies on OSTs and MDTs: read, asked, and written anew for another filesystem.
 */
package io.sluice.lustre.layout;
