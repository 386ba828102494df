/**
 * From changelog records to the truth about names: {@link io.sluice.lustre.resolve.Hints} says what
 * records point at, {@link io.sluice.lustre.resolve.Resolver} asks the filesystem.
 */
package io.sluice.lustre.resolve;
