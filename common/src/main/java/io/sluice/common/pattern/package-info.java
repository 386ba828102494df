/**
 * Which names a backup leaves out: patterns by the rules of gitignore(5), on bytes, and marker
 * files. Every source of names decides by these.
 */
package io.sluice.common.pattern;
