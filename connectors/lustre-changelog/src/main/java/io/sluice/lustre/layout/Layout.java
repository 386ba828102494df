package io.sluice.lustre.layout;

import io.sluice.lustre.LustreFormatException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How a file's data lies on OSTs, or how that of a directory's new files shall: the value of {@code
 * lustre.lov}. Plain, or composite with extents, mirrors, a part on the MDT, self-extending parts.
 * Immutable.
 */
public final class Layout {
    /** The extended attribute's name; anybody who can read the file can read it. */
    public static final String NAME = "lustre.lov";

    private final boolean composite;
    private final int flags;
    private final long generation;
    private final List<Component> components;

    Layout(boolean composite, int flags, long generation, List<Component> components) {
        this.composite = composite;
        this.flags = flags;
        this.generation = generation;
        this.components = List.copyOf(components);
    }

    /**
     * @param value of {@code lustre.lov} or {@code trusted.lov}
     * @throws LustreFormatException if it is none that is known here, or cut off
     */
    public static Layout parse(byte[] value) throws LustreFormatException {
        return new LayoutReader(value).layout();
    }

    /** Whether it has components; else it is one, over the whole file. */
    public boolean isComposite() {
        return composite;
    }

    /** {@code lcm_flags}: in the lowest four bits the state of the mirrors; 0 of a plain one. */
    public int flags() {
        return flags;
    }

    /**
     * Which change of the layout this is; 0 of a plain one, where a client does not show it.
     * Unsigned 32 bits.
     */
    public long generation() {
        return generation;
    }

    /** In the order of the layout: mirror by mirror, each from its beginning to its end. */
    public List<Component> components() {
        return components;
    }

    /** How many copies of the data there are; 1 without mirrors. */
    public int mirrorCount() {
        return components.get(components.size() - 1).mirror() + 1;
    }

    /** Whether the data is in an archive only, and reading recalls it. */
    public boolean isReleased() {
        return components.stream().anyMatch(Component::isReleased);
    }

    /** Whether any component names a pool, which another filesystem may not have. */
    public boolean hasPools() {
        return components.stream().anyMatch(component -> !component.pool().isEmpty());
    }

    /**
     * The bytes to set as {@value #NAME} on a file that has no objects yet, or on a directory: the
     * wishes alone. Without objects and OST indexes, without states of the old ones, without stale
     * mirrors and such of erasure code, which the filesystem computes itself.
     */
    public byte[] clean() {
        return LayoutWriter.write(composite, usable());
    }

    /** The components whose mirror is whole, cleaned; those of the first mirror if none is. */
    private List<Component> usable() {
        Map<Integer, Boolean> whole = new HashMap<>();
        for (Component component : components) {
            boolean good = !component.has(Component.STALE | Component.PARITY);
            whole.merge(component.mirror(), good, Boolean::logicalAnd);
        }
        int first = components.get(0).mirror();
        boolean none = !whole.containsValue(true);
        List<Component> kept = new ArrayList<>();
        for (Component component : components) {
            if (none ? component.mirror() == first : whole.get(component.mirror())) {
                kept.add(component);
            }
        }
        return kept;
    }

    /** The same, each component from all OSTs. */
    public Layout withoutPools() {
        return new Layout(
                composite,
                flags,
                generation,
                components.stream().map(Component::withoutPool).toList());
    }

    /**
     * The same with no more stripes than {@code osts} OSTs can have.
     *
     * @throws IllegalArgumentException if there are none
     */
    public Layout clampedTo(int osts) {
        if (osts < 1) {
            throw new IllegalArgumentException("a layout for " + osts + " OSTs");
        }
        return new Layout(
                composite,
                flags,
                generation,
                components.stream().map(component -> component.clampedTo(osts)).toList());
    }

    /**
     * Whether {@code other} is what one gets who sets this one's {@link #clean}: the same
     * components, with the same extents, stripe counts, stripe sizes, patterns and pools, in as
     * many mirrors. Objects and identifiers may differ, and where all OSTs were asked for, any
     * number of them will do.
     */
    public boolean equalsAsSet(Layout other) {
        List<Component> mine = usable();
        List<Component> its = other.usable();
        if (composite != other.composite || mine.size() != its.size()) {
            return false;
        }
        for (int i = 0; i < mine.size(); i++) {
            boolean together =
                    i == 0
                            || (mine.get(i).mirror() == mine.get(i - 1).mirror())
                                    == (its.get(i).mirror() == its.get(i - 1).mirror());
            if (!together || !mine.get(i).wishesTheSame(its.get(i))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Where a byte lies, and up to where its neighbours lie there too. Of mirrors the one that is
     * preferred for reading is asked, else the first that is not stale.
     *
     * @param offset in the file, not negative
     */
    public Stripe stripeAt(long offset) {
        if (offset < 0) {
            throw new IllegalArgumentException("offset " + offset);
        }
        long next = Component.EOF;
        Component found = null;
        for (Component component : components) {
            if (component.has(Component.STALE | Component.OFFLINE | Component.PARITY)) {
                continue;
            }
            if (!component.covers(offset)) {
                if (component.start() > offset) {
                    next = Math.min(next, component.start());
                }
            } else if (found == null
                    || (component.has(Component.PREFER_READ)
                            && !found.has(Component.PREFER_READ))) {
                found = component;
            }
        }
        return found == null ? new Stripe(Stripe.NO_OST, next) : stripeAt(offset, found);
    }

    private static Stripe stripeAt(long offset, Component component) {
        long size = component.stripeSize();
        List<Integer> osts = component.osts();
        if (osts.isEmpty() || size == 0) {
            return new Stripe(Stripe.NO_OST, component.end());
        }
        // Stripes are counted from the file's beginning, not from the component's.
        long stripe = offset / size;
        long end = stripe >= Component.EOF / size ? Component.EOF : (stripe + 1) * size;
        return new Stripe(osts.get((int) (stripe % osts.size())), Math.min(end, component.end()));
    }

    /** The neutral form in one line: components as {@code [start,end) pattern count= size= …}. */
    @Override
    public String toString() {
        return (composite ? "composite " : "plain ")
                + String.join("; ", components.stream().map(Component::text).toList());
    }
}
