/**
 * What a filesystem knows of its files beyond POSIX: data that lies on tape, layouts, stripes. The
 * connectors know it; reading and writing ask here.
 */
package io.sluice.common.filesystem;
