using System.Diagnostics;
using System.Text;

namespace ForkFollow.Symbols.Tests;

/// <summary>Demangled names. The witness is c++filt of binutils, which knows C++ and Rust.</summary>
public sealed class DemanglerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("main", "main")]
    [InlineData("_Z", "_Z")]
    [InlineData("_ZN9wikipedia7article6formatEv", "wikipedia::article::format()")]
    [InlineData("_Z1fv.cold", "f() [clone .cold]")]
    [InlineData("_Z1fi.constprop.0.isra.0", "f(int) [clone .constprop.0] [clone .isra.0]")]
    [InlineData("_ZSt4endlIcSt11char_traitsIcEERSt13basic_ostreamIT_T0_ES6_",
        "std::basic_ostream<char, std::char_traits<char> >& std::endl<char, std::char_traits<char> >(std::basic_ostream<char, std::char_traits<char> >&)")]
    [InlineData("_ZN4llvm10checkedAddIiEENSt9enable_ifIXsr3std9is_signedIT_EE5valueENS_8OptionalIS2_EEE4typeES2_S2_",
        "std::enable_if<std::is_signed<int>::value, llvm::Optional<int> >::type llvm::checkedAdd<int>(int, int)")]
    [InlineData("_ZN4llvm11PassBuilder15parseModulePassERNS_11PassManagerINS_6ModuleENS_15AnalysisManagerIS2_JEEEJEEERKNS0_15PipelineElementE",
        "llvm::PassBuilder::parseModulePass(llvm::PassManager<llvm::Module, llvm::AnalysisManager<llvm::Module>>&, llvm::PassBuilder::PipelineElement const&)")]
    [InlineData("_ZN12v8_inspector9V8Console4callIXadL_ZNS0_20memorySetterCallbackERKN2v820FunctionCallbackInfoINS2_5ValueEEEEEEEvS7_",
        "void v8_inspector::V8Console::call<&v8_inspector::V8Console::memorySetterCallback>(v8::FunctionCallbackInfo<v8::Value> const&)")]
    [InlineData("_ZN2v88internal15SearchStringRawIKhKtEElPNS0_7IsolateEPKT_iPKT0_ii",
        "long v8::internal::SearchStringRaw<unsigned char const, unsigned short const>(v8::internal::Isolate*, unsigned char const*, int, unsigned short const*, int, int)")]
    [InlineData("_ZN2v84base14Relaxed_MemcpyEPVcPVKcm",
        "v8::base::Relaxed_Memcpy(char volatile*, char const volatile*, unsigned long)")]
    [InlineData("_ZN4core3fmt9Arguments6new_v117h0123456789abcdefE", "core::fmt::Arguments::new_v1")]
    [InlineData("_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3bar17h930b740aa94f1d3aE",
        "<Test + 'static as foo::Bar<Test>>::bar")]
    [InlineData("_RNvNtNtCs1234_7mycrate3foo3bar3baz", "mycrate::foo::bar::baz")]
    [InlineData("_RNvC6_123foo3bar", "123foo::bar")]
    [InlineData("_RNCNCNgCs6DXkGYLi8lr_2cc5spawn00B5_", "cc::spawn::{closure#0}::{closure#0}")]
    [InlineData("_RINbNbCskIICzLVDPPb_5alloc5alloc8box_freeDINbNiB4_5boxed5FnBoxuEp6OutputuEL_ECs1iopQbuBiw2_3std",
        "alloc::alloc::box_free::<dyn alloc::boxed::FnBox<(), Output = ()>>")]
    [InlineData("_RMC0INtC8arrayvec8ArrayVechKj7b_E", "<arrayvec::ArrayVec<u8, 123>>")]
    [InlineData("_RMCs4fqI2P2rA04_13const_genericINtB0_4CharKc76_E", "<const_generic::Char<'v'>>")]
    [InlineData("_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y",
        "utf8_idents::საჭმელად_გემრიელი_სადილი")]
    public void Known_names(string mangled, string readable) => Assert.Equal(readable, Demangler.Demangle(mangled));

    [SkippableFact]
    public void All_names_of_the_cpp_library_agree_with_cppfilt()
    {
        string? library = Tools.Library("libstdc++.so.6");
        Machine.Need(library is null ? "libstdc++.so.6 is not installed (Debian package libstdc++6)" : null, Machine.Tool("nm"), Machine.Tool("c++filt"));
        string names = Tools.Run("nm", "-D", "--defined-only", "--format=posix", library!);
        Agree([.. names.Split('\n').Select(line => line.Split(' ', '@')[0]).Where(name => name.StartsWith('_')).Distinct()]);
    }

    [SkippableTheory]
    [InlineData("v0")]
    [InlineData("legacy")]
    public void Names_that_rustc_makes_agree_with_cppfilt(string scheme)
    {
        Machine.Need(Machine.Tool("rustc"), Machine.Tool("nm"), Machine.Tool("c++filt"));
        string source = Path.Combine(_folder.Path, "r.rs");
        File.WriteAllText(source, RustSource);
        string program = Path.Combine(_folder.Path, "r");
        Tools.Run("rustc", "-O", "-g", "-C", $"symbol-mangling-version={scheme}", "-Z", "unstable-options", "-o", program, source);
        string names = Tools.Run("nm", "--defined-only", "--format=posix", program);
        List<string> all = [.. names.Split('\n').Select(line => line.Split(' ')[0]).Where(name => name.StartsWith('_')).Distinct()];
        Assert.True(all.Count > 500);

        // Of numbered copies of a variable c++filt leaves out the number; we keep all that is appended.
        Agree([.. all.Where(name => !char.IsAsciiDigit(name[^1]) || !name.Contains('.'))]);
    }

    [Fact]
    public void Hostile_names_end_soon()
    {
        var watch = Stopwatch.StartNew();
        string doubling = "_Z1f1AIiiE" + string.Concat(Enumerable.Range(0, 30).Select(i => $"1AIS{Base36(i)}_S{Base36(i)}_E"));
        foreach (string name in new[]
        {
            doubling,
            "_Z1f" + new string('P', 1 << 20), "_Z1f" + new string('P', 30000), "_Z1f" + new string('P', 300) + "i",
            "_ZN" + string.Concat(Enumerable.Repeat("1a", 10000)) + "Ev", "_Z" + new string('N', 30000),
            "_Z" + new string('Z', 30000), "_Z1fI" + new string('X', 30000), "_Z1f" + string.Concat(Enumerable.Repeat("1AI", 9000)),
            "_Z1fIXLi" + new string('9', 30000) + "EEEvv", "_Z99999999999999999999f", "_Z1fS99999999_", "_Z1fT99999999_",
            "_ZcvT_I" + new string('S', 30000), "_ZN1AcvT_IS1_EEv", "_Z1f" + new string('F', 30000) + new string('E', 30000),
            "_R" + new string('N', 30000), "_RMC0" + new string('R', 30000), "_RMC0FGzzzzzzzzzz_", "_RB_", "_RNvB_1a", "_RMC0TB_B_E",
            "_RMC0" + string.Concat(Enumerable.Repeat("TB4_B4_", 50)), "_RMC0T" + string.Concat(Enumerable.Range(0, 40).Select(
                i => "TB" + (char)('a' + (i % 26)) + "_B5_E")) + "E", "_RC99999999999999999a", "_RCu9_99999999", "_ZN9999999999E",
            "_ZN1a" + string.Concat(Enumerable.Repeat("4$C$$", 5000)) + "17h0123456789abcdefE", "_Z1fv" + string.Concat(Enumerable.Repeat(".a", 9000)),
        })
        {
            Assert.True(Demangler.Demangle(name).Length <= Math.Max(name.Length, 70000));
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), name[..Math.Min(80, name.Length)]);
        }
    }

    [Fact]
    public void Mutated_names_end_soon()
    {
        var random = new Random(7);
        string[] seeds =
        [
            "_ZNSt8_Rb_treeISsSt4pairIKSsiESt10_Select1stIS2_ESt4lessISsESaIS2_EE29_M_get_insert_hint_unique_posESt23_Rb_tree_const_iteratorIS2_ERS1_",
            "_ZZN1AIXsr1BIT_EvEE1fIJiS0_DpT_EEEvOT_S0_PFvRKS1_EENKUlvE_clEv", "_ZN1AcvT_IiEEv", "_Z1fIiEDTcl1gfp_EET_",
            "_RINvNtC3std3mem8align_ofNtNtB4_3ptr5UniqueE", "_RNvXs_C1aINtB4_3FooDNtB4_3BarG_EL_KjA_E3baz",
            "_RMCs4fqI2P2rA04_13const_genericINtB0_3FooKRe616263_KVNtB0_1AS1aKj1_EE",
        ];
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < 50_000; i++)
        {
            var name = new StringBuilder(seeds[i % seeds.Length]);
            for (int k = random.Next(1, 4); k > 0; k--)
            {
                int at = random.Next(2, name.Length);
                string part = seeds[random.Next(seeds.Length)];
                if (random.Next(2) == 0)
                    name[at] = part[random.Next(2, part.Length)];
                else
                    name.Insert(at, part.AsSpan(2, random.Next(part.Length - 2)));
            }

            _ = Demangler.Demangle(name.ToString());
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
    }

    private static string Base36(int value) => value == 0 ? "" : "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[value - 1].ToString();

    private static void Agree(List<string> names)
    {
        string[] expected = Tools.Feed("c++filt", string.Join('\n', names), "--no-verbose").Split('\n');
        List<string> wrong = [];
        for (int i = 0; i < names.Count; i++)
        {
            if (Demangler.Demangle(names[i]) is string ours && ours != expected[i])
                wrong.Add($"{names[i]}\n  c++filt {expected[i]}\n  ours    {ours}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {names.Count}:\n{string.Join('\n', wrong.Take(40))}");
    }

    private const string RustSource = """
        use std::collections::HashMap;
        use std::fmt::Debug;
        mod inner {
            pub trait Shape { type Out; fn area(&self) -> Self::Out; }
            pub struct Square<T, const N: usize>(pub T);
            impl<T: Copy + Into<f64>, const N: usize> Shape for Square<T, N> {
                type Out = f64;
                #[inline(never)] fn area(&self) -> f64 { let x: f64 = self.0.into(); x * x * N as f64 }
            }
        }
        use inner::*;
        #[inline(never)] fn apply<F: Fn(&str, i128) -> u8>(f: F) -> u8 { std::hint::black_box(f("x", -5)) }
        #[inline(never)] fn dynamic(x: &dyn for<'a> Fn(&'a str) -> &'a str) -> usize { x("abc").len() }
        #[inline(never)] fn ch<const C: char, const B: bool, const I: i32>() -> u32 { std::hint::black_box(C as u32 + I as u32 + B as u32) }
        #[inline(never)] fn show<T: Debug + ?Sized>(x: &T) { println!("{:?}", x) }
        #[inline(never)] fn gödel<T>(x: extern "C" fn(u8) -> T, _: *const [u8; 3], _: (&mut T,)) -> T { x(3) }
        extern "C" fn three(x: u8) -> u64 { x as u64 }
        fn main() {
            let mut m: HashMap<String, Vec<Option<Box<dyn Debug + Send>>>> = HashMap::new();
            m.insert("a".into(), vec![Some(Box::new(1u8)), None]);
            show(&m);
            show("str"); show(&[1u8, 2][..]); show(&(1i8, 'c', 2.0f32));
            println!("{}", Square::<f32, 3>(2.0).area());
            println!("{}", apply(|s, i| s.len() as u8 + i as u8));
            println!("{}", dynamic(&|s| &s[1..]));
            println!("{}", ch::<'x', true, -7>() + ch::<'\u{e9}', false, 70000>());
            let mut y = 4u64;
            println!("{}", gödel(three, std::ptr::null(), (&mut y,)));
            std::thread::spawn(|| show(&vec![vec![1u128]])).join().unwrap();
        }
        """;
}
