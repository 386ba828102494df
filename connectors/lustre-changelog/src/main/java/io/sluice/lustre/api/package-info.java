/** Calls into {@code liblustreapi.so.1} through JNA, and the ioctls that need no library. */
package io.sluice.lustre.api;
