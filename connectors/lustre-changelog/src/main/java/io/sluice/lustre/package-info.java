/**
 * What Lustre's own bytes mean: the FID, and in the packages below it the changelog's records,
 * layouts, HSM states, and the calls into {@code liblustreapi.so.1}. All but the last is pure Java
 * and runs where no Lustre is.
 *
 * <p>Offsets and constants are those of Lustre's UAPI headers ({@code
 * lustre/include/uapi/linux/lustre/lustre_user.h} and {@code lustre_idl.h}), as of 2.12 to 2.17.
 */
package io.sluice.lustre;
